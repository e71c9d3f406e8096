/** `JSON.rawJSON` and the reviver's source text (ECMAScript 2026), which TypeScript's ES2024 library doesn't know. */
interface SourceTextJson {
  rawJSON(text: string): { rawJSON: string };
  isRawJSON(value: unknown): value is { rawJSON: string };
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
}
const sourceTextJson = JSON as unknown as SourceTextJson;

/**
 * Numbers that a double may not hold or would print differently: they stand after a key, in an array, or alone. A match within a string only
 * costs time; versions, addresses and times, of which every object is full, don't match.
 */
const MAY_LOSE_DIGITS = /(?:^|[[,]|"\s*:)\s*(?:-0|-?\d+[.eE]|-?\d{16})/;

/**
 * Parses JSON without losing a digit: a number that JavaScript would print differently (a 64-bit integer, `1.0`, `1e3`) is kept as
 * its source text and comes out of `JSON.stringify` as it went in. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
  return sourceTextJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? sourceTextJson.rawJSON(source) : value,
  );
}

/** A number to be written exactly as `source` says. */
export const rawNumber = (source: string): unknown => sourceTextJson.rawJSON(source);

/** How a number of a parsed document was written; undefined for anything else. */
export function numberSource(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return sourceTextJson.isRawJSON(value) ? value.rawJSON : undefined;
}
