import { numberSource } from '#kubernetes';

/** JSON of which equal values have one spelling: keys in order, no blanks; numbers as they were written. */
export const canonicalJson = (value: unknown): string => JSON.stringify(ordered(value));

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || numberSource(value) !== undefined) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, ordered((value as Record<string, unknown>)[key])]));
}
