import { invalid } from '#errors';
import { podSecurityOf } from './pod-security.js';

/** A namespace with this label, `"true"`, and level `restricted` gets a range of user ids. `domain`: of the platform's labels. */
export const uidRangeLabel = (domain: string): string => `security.${domain}/enabled`;
/** Where the range is written: `1000002000-1000011999`. */
export const uidRangeAnnotation = (domain: string): string => `security.${domain}/uid-range`;

const FIRST = 1_000_002_000;
const SIZE = 10_000;
/** The largest user id that Kubernetes takes. */
const LARGEST = 2 ** 31 - 1;

export interface UidRange {
  first: number;
  last: number;
}

/** Undefined when it is no range. */
export function parseUidRange(text: string): UidRange | undefined {
  const match = /^(\d{1,10})-(\d{1,10})$/.exec(text);
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return first <= last && last <= LARGEST ? { first, last } : undefined;
}

export const wantsUidRange = (labels: Readonly<Record<string, string>>, domain: string): boolean =>
  labels[uidRangeLabel(domain)] === 'true' && podSecurityOf(labels).enforce === 'restricted';

/** The lowest range of 10,000 ids that meets none of those that namespaces of the cluster have. */
export function nextUidRange(taken: readonly string[]): string {
  const ranges = taken.flatMap((text) => parseUidRange(text) ?? []).sort((a, b) => a.first - b.first);
  let first = FIRST;
  for (const range of ranges) {
    if (range.first >= first + SIZE) break;
    if (range.last >= first) first += Math.ceil((range.last - first + 1) / SIZE) * SIZE;
  }
  if (first + SIZE - 1 > LARGEST) throw noneLeft();
  return `${first}-${first + SIZE - 1}`;
}

const noneLeft = () =>
  invalid('the namespace', [
    {
      field: 'metadata.labels',
      message: 'no range of 10,000 user ids is left in the cluster: take the label from a namespace that needs none',
    },
  ]);
