import { createHash } from 'node:crypto';

/** Where a page ended, and of which list: its token is encrypted, so that clients neither read nor make one. */
export interface SearchPageEnd {
  /** Of the list: see `listDigest`. */
  list: string;
  keys: string[];
  /** When the first page was asked for, in ms since 1970. */
  begunAt: number;
  /** How many objects the list had when it began. */
  total: number;
  /** How many of them the pages so far have shown. */
  shown: number;
}

/** How long a list may be continued after its first page. */
export const LIST_LIFE_MS = 3_600_000;

/** What tells one list from another: its caller and everything that decides on its rows and their order. */
export const listDigest = (parts: unknown): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);

/** Undefined for a text that is no end of a page. */
export function readPageEnd(text: string): SearchPageEnd | undefined {
  try {
    const end = JSON.parse(text) as Partial<SearchPageEnd>;
    const hasNumbers = [end.begunAt, end.total, end.shown].every((number) => typeof number === 'number');
    const isOne = typeof end.list === 'string' && hasNumbers && Array.isArray(end.keys);
    return isOne && end.keys?.every((key) => typeof key === 'string') ? (end as SearchPageEnd) : undefined;
  } catch {
    return undefined;
  }
}
