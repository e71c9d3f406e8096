import { badRequest } from '#errors';
import { readFieldPath } from './field-terms.js';
import type { SqlParameters } from './sql-parameters.js';

/** By what a list is sorted. */
export interface SortKey {
  /** As it was asked for, without the sign. */
  name: string;
  isDescending: boolean;
  /** Of Postgres, for its values in a token. */
  type: 'text' | 'timestamptz' | 'jsonb' | 'uuid' | 'int';
  /** The expression on a row `o`, its namespace `n`, its cluster `c` and its body `b`. */
  of: (parameters: SqlParameters) => string;
}

const MAX_KEYS = 8;
type Known = Pick<SortKey, 'type' | 'of'>;

const KNOWN: Readonly<Record<string, Known>> = {
  name: { type: 'text', of: () => 'o.name' },
  namespace: { type: 'text', of: () => 'n.name' },
  cluster: { type: 'text', of: () => 'c.name collate "C"' },
  status: { type: 'text', of: () => 'o.status collate "C"' },
  creationTimestamp: { type: 'timestamptz', of: () => 'o.created_at' },
};
/** Last, so that no two rows are equal; in the order of the last key that was asked for, as an index has them that is read either way. */
const TIE: readonly Omit<SortKey, 'isDescending'>[] = [
  { name: 'uid', type: 'uuid', of: () => 'o.uid' },
  { name: 'cluster number', type: 'int', of: () => 'o.cluster' },
];
/** Whether an index has the rows of a kind in this order. */
export const followsIndex = ([first, ...others]: readonly SortKey[]): boolean =>
  others.length === TIE.length && (first?.name === 'name' || first?.name === 'creationTimestamp');

/**
 * Reads `name,-creationTimestamp`: a minus turns the order of its key round. Known are name, namespace, cluster, status, creationTimestamp,
 * `label:<key>` and the path of any field. By name where nothing is asked for. Throws 400 that names the key.
 */
export function readSort(text: string | undefined): SortKey[] {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  const asked = parts.length === 1 && parts[0] === '' ? ['name'] : parts;
  if (asked.length > MAX_KEYS) throw badRequest(`sort: must have at most ${MAX_KEYS} keys`);
  const keys = asked.map(readKey);
  const isDescending = keys.at(-1)?.isDescending === true;
  return [...keys, ...TIE.map((key) => ({ ...key, isDescending }))];
}

function readKey(part: string): SortKey {
  const isDescending = part.startsWith('-');
  const name = isDescending ? part.slice(1) : part;
  return { name, isDescending, ...(KNOWN[name] ?? readPathKey(name)) };
}

function readPathKey(name: string): Known {
  if (name.startsWith('label:')) {
    const key = name.slice('label:'.length);
    if (key === '') throw badRequest('sort: "label:" names no label');
    return { type: 'text', of: (parameters) => `coalesce(o.labels ->> ${parameters.add(key, 'text')}, '') collate "C"` };
  }
  const path = readFieldPath(name, 'sort');
  // As JSON, so that numbers are in the order of numbers.
  return { type: 'jsonb', of: (parameters) => `coalesce(b.body #> ${parameters.add(path, 'text[]')}, 'null')` };
}

/** Whether rows need their namespace, their cluster and their body beside them. */
export const joinsOf = (keys: readonly SortKey[]): { namespace: boolean; cluster: boolean; body: boolean } => ({
  body: keys.some(({ type }) => type === 'jsonb'),
  namespace: keys.some(({ name }) => name === 'namespace'),
  cluster: keys.some(({ name }) => name === 'cluster'),
});

/** The values of a row's keys. */
export const keyExpressions = (keys: readonly SortKey[], parameters: SqlParameters): string[] => keys.map((key) => key.of(parameters));

/**
 * The condition for rows behind one whose keys had these values. The first key bounds it alone too, so that an index on that key begins there.
 */
export function behind(keys: readonly SortKey[], values: readonly string[], parameters: SqlParameters): string {
  const sides = keys.map((key, index) => ({
    key: key.of(parameters),
    value: parameters.add(values[index], key.type),
    sign: key.isDescending ? '<' : '>',
  }));
  const condition = sides.reduceRight(
    (rest, { key, value, sign }) =>
      rest === '' ? `${key} ${sign} ${value}` : `(${key} ${sign} ${value} or (${key} = ${value} and ${rest}))`,
    '',
  );
  const [first] = sides;
  return first === undefined ? 'true' : `${first.key} ${first.sign}= ${first.value} and ${condition}`;
}
