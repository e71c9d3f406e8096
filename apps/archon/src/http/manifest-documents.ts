import { Alias, type Document, isMap, isNode, isScalar, parseAllDocuments, visit, type YAMLMap } from 'yaml';
import { badRequest } from '#errors';
import { rawNumber } from '#kubernetes';
import { MAX_DEPTH, MAX_KEYS, MAX_VALUES } from './json-document.js';
import { refuseTooMuch } from './yaml-outline.js';

const MAX_ALIASES = 100;

/** Kubernetes reads YAML as 1.2 with two habits of 1.1: octal numbers with a leading zero, and yes, no, on, off. */
const octal = {
  identify: () => false,
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^[-+]?0[0-7]+$/,
  resolve: (text: string) => BigInt(Number.parseInt(text, 8)),
} as const;
const yesNo = {
  identify: () => false,
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text: string) => /^(?:yes|on)$/i.test(text),
} as const;

/**
 * All documents of a YAML text; empty ones are left out. No duplicate key, no `__proto__`, at most 100 aliases, 64 levels, 10,000 keys in a
 * mapping and 100,000 values (aliases expanded); integers keep every digit. Throws 400 with the document (from 1), line and column.
 */
export function parseYamlDocuments(text: string): unknown[] {
  refuseTooMuch(text);
  const documents = guardDepth(() =>
    parseAllDocuments(text, {
      version: '1.2',
      schema: 'core',
      merge: true,
      uniqueKeys: false, // the library compares each key with each: checkStructure does it
      intAsBigInt: true,
      prettyErrors: false,
      customTags: (tags) => [octal, yesNo, ...tags],
    }),
  );
  if (!Array.isArray(documents)) return [];
  const lineStarts = startsOfLines(text);
  return documents.flatMap((document, index) => {
    const where = documents.length > 1 ? `document ${index + 1}: ` : '';
    const fault = document.errors[0];
    if (fault !== undefined)
      throw badRequest(`the YAML cannot be read: ${where}${FAULTS[fault.code] ?? 'it is malformed'} at ${place(lineStarts, fault.pos[0])}`);
    checkStructure(document, where, lineStarts);
    const value = guardDepth(() => toPlain(document, where));
    return value === null || value === undefined ? [] : [value];
  });
}

/** The only document of a YAML (or JSON) text. */
export function parseYaml(text: string): unknown {
  const documents = parseYamlDocuments(text);
  if (documents.length !== 1) throw badRequest(`the YAML must hold one document, not ${documents.length}`);
  return documents[0];
}

/** The library's own messages quote the text, which may hold a secret. */
const FAULTS: Record<string, string> = {
  BAD_INDENT: 'the indentation is wrong',
  TAB_AS_INDENT: 'a tab is used for indentation',
  MISSING_CHAR: 'a character is missing (a quote, a colon or a bracket)',
  UNEXPECTED_TOKEN: 'there is something unexpected',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping begins inside a value',
  MULTILINE_IMPLICIT_KEY: 'a key spans several lines, or a colon is missing',
  BAD_ALIAS: 'an alias refers to nothing',
  TAG_RESOLVE_FAILED: 'a tag is unknown',
  RESOURCE_EXHAUSTION: `it is nested deeper than ${MAX_DEPTH} levels`,
};

function checkStructure(document: Document.Parsed, where: string, lineStarts: number[]): void {
  let aliases = 0;
  visit(document, (key, node, path) => {
    const range = nodeStart(node);
    if (path.length > 2 * MAX_DEPTH + 2)
      throw badRequest(`the YAML cannot be read: ${where}it is nested deeper than ${MAX_DEPTH} levels at ${place(lineStarts, range)}`);
    if (node instanceof Alias && ++aliases > MAX_ALIASES)
      throw badRequest(`the YAML cannot be read: ${where}it has more than ${MAX_ALIASES} aliases`);
    if (isMap(node)) checkKeys(node, where, lineStarts);
    if (key === 'key' && isScalar(node) && node.value === '__proto__')
      throw badRequest(`the key "__proto__" is not accepted: ${where}at ${place(lineStarts, range)}`);
  });
}

/** Keys are compared as the texts that they become in an object; `<<` may merge several times. */
function checkKeys({ items }: YAMLMap, where: string, lineStarts: number[]): void {
  if (items.length > MAX_KEYS) throw badRequest(`the YAML cannot be read: ${where}a mapping has more than ${MAX_KEYS} keys`);
  const keys = new Set<string>();
  for (const { key } of items) {
    if (!isScalar(key) || key.value === '<<') continue;
    const text = String(key.value);
    if (keys.has(text))
      throw badRequest(`the YAML cannot be read: ${where}a key stands twice in one mapping at ${place(lineStarts, nodeStart(key))}`);
    keys.add(text);
  }
}

function nodeStart(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function toPlain(document: Document.Parsed, where: string): unknown {
  try {
    const value = exactNumbers(document.toJS({ maxAliasCount: MAX_ALIASES }));
    if (sizeOf(value) > MAX_VALUES)
      throw badRequest(`the YAML cannot be read: ${where}with its aliases expanded it has more than ${MAX_VALUES} values`);
    return value;
  } catch (error) {
    if (error instanceof ReferenceError) {
      const why = error.message.startsWith('Unresolved alias') ? 'an alias refers to nothing' : 'its aliases expand to too much';
      throw badRequest(`the YAML cannot be read: ${where}${why}`);
    }
    throw error;
  }
}

/** Integers come as BigInt: small ones become numbers, others stay text that JSON prints as it is. Aliases share a value: each is done once. */
function exactNumbers(value: unknown, done = new Set<object>(), depth = 0): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : rawNumber(value.toString());
  if (typeof value !== 'object' || value === null || done.has(value)) return value;
  if (depth > MAX_DEPTH) throw badRequest(`the YAML is nested deeper than ${MAX_DEPTH} levels`);
  done.add(value);
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) fields[key] = exactNumbers(fields[key], done, depth + 1);
  return value;
}

/** How many values there are when each alias is written out; each shared value is counted once and then added. */
function sizeOf(value: unknown, known = new Map<object, number>()): number {
  if (typeof value !== 'object' || value === null) return 1;
  const size = known.get(value) ?? Object.values(value).reduce<number>((sum, each) => sum + sizeOf(each, known), 1);
  known.set(value, size);
  return size;
}

/** Very deep nesting overflows the parser's stack before any check can see it. */
function guardDepth<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(`the YAML is nested deeper than ${MAX_DEPTH} levels`);
    throw error;
  }
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function place(lineStarts: number[], position: number): string {
  let line = lineStarts.findLastIndex((start) => start <= position);
  if (line < 0) line = 0;
  return `line ${line + 1}, column ${position - (lineStarts[line] ?? 0) + 1}`;
}
