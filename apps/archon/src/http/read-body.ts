import { parseJsonDocument } from './json-document.js';
import { parseYamlDocuments } from './manifest-documents.js';

/** The documents of a YAML body. JSON bodies arrive as what they hold. */
export class YamlDocuments {
  constructor(readonly documents: unknown[]) {}
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
