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

/** All that a body holds: the documents of a YAML, or the one of a JSON; none without a body. */
export function documentsOf(body: unknown): unknown[] {
  if (body instanceof YamlDocuments) return body.documents;
  return body === undefined ? [] : [body];
}

/** The same of a body that lists: the items of an array, a Kubernetes `List` as it is, or any documents of a YAML. Throws 400 for other JSON. */
export function listedDocuments(body: unknown): unknown[] {
  const isList = typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'List';
  if (body === undefined || Array.isArray(body) || body instanceof YamlDocuments || isList)
    return documentsOf(body).flatMap((document): unknown[] => (Array.isArray(document) ? document : [document]));
  throw badRequest('the body must be an array of Kubernetes objects, a List of them, or YAML of one or more of them');
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
