import { badRequest } from '#errors';
import { parseJsonDocument } from './json-document.js';
import { parseYamlDocuments } from './manifest-documents.js';

/** The documents of a YAML body. JSON bodies arrive as what they hold. */
export class YamlDocuments {
  constructor(readonly documents: unknown[]) {}
}

/** What a body says that is to be one document, in whichever format it came. Throws 400 for several. */
export function singleDocument(body: unknown): unknown {
  if (!(body instanceof YamlDocuments)) return body;
  if (body.documents.length > 1) throw badRequest(`the body has ${body.documents.length} documents: send one at a time`);
  return body.documents[0];
}

export type BodyFormat = 'json' | 'yaml';

/** From this length on (characters) a body is read by a worker: below it the detour would cost more than the reading. */
const LONG: Record<BodyFormat, number> = { json: 128 * 1024, yaml: 16 * 1024 };

export const isLong = (format: BodyFormat, text: string): boolean => text.length > LONG[format];

/** What a body says; undefined when it is empty. Throws 400 with the place of the fault. */
export function readBody(format: BodyFormat, text: string): unknown {
  if (text === '') return undefined;
  return format === 'json' ? parseJsonDocument(text) : new YamlDocuments(parseYamlDocuments(text));
}
