import type { StatusCause } from '#errors';
import { formatQuantity, parseQuantity } from '#kubernetes';

/** Amounts per quota type, as quantities. */
export type Amounts = Readonly<Record<string, string>>;

export interface Allocation {
  /** What the project may have on the cluster; a type that is not in it is not limited. */
  hard: Amounts;
  /** The sum over all namespaces of the project on the cluster. */
  allocated: Amounts;
  /** What the namespace asks for; a type that is not in it is left unlimited. */
  asked: Amounts;
  /** What the namespace has now, which is part of `allocated`; undefined for one that is being created. */
  own?: Amounts | undefined;
}

export interface Shortfall {
  key: string;
  /** Undefined when the type was not asked for: nothing at all is left of it, and that blocks a new namespace. */
  asked: string | undefined;
  available: string;
  hard: string;
}

/** The types of which a project hasn't enough left: what is asked beyond it, and for a new namespace each type of which 0 is left. */
export function shortfalls({ hard, allocated, asked, own }: Allocation): Shortfall[] {
  return Object.entries(hard).flatMap(([key, most]) => {
    const left = amount(most) - amount(of(allocated, key)) + amount(of(own ?? {}, key));
    const available = left < 0n ? 0n : left;
    const blocked = own === undefined && available === 0n;
    const wanted = of(asked, key);
    if (!blocked && amount(wanted) <= available) return [];
    return [{ key, asked: wanted, available: formatQuantity(available, most), hard: most }];
  });
}

/** What to answer for shortfalls. `place` says of which project on which cluster. */
export const shortfallCauses = (field: string, place: string, found: readonly Shortfall[]): StatusCause[] =>
  found.map(({ key, asked, available, hard }) => ({
    field: `${field}[${key}]`,
    reason: 'QuotaExceeded',
    message:
      `${asked === undefined ? 'is left unlimited' : `asks for ${asked}`}, and ${available} of ${hard} is available in ${place}: ` +
      (available === '0' ? 'ask a platform administrator to raise its quota' : `ask for at most ${available}, or have its quota raised`),
  }));

export interface Excess {
  key: string;
  hard: string;
  used: string;
}

/** The types whose new limit is below what is in use already. */
export const belowUse = (hard: Amounts, used: Amounts): Excess[] =>
  Object.entries(hard).flatMap(([key, most]) => {
    const inUse = of(used, key);
    return inUse !== undefined && amount(most) < amount(inUse) ? [{ key, hard: most, used: inUse }] : [];
  });

/** What to answer for limits below use. */
export const belowUseCauses = (field: string, found: readonly Excess[]): StatusCause[] =>
  found.map(({ key, hard, used }) => ({
    field: `${field}[${key}]`,
    reason: 'QuotaBelowUse',
    message: `${hard} is less than the ${used} in use: set at least ${used}, or free some first`,
  }));

/** What is available of each limited type, never below 0. */
export const availableOf = (hard: Amounts, allocated: Amounts): Record<string, string> =>
  Object.fromEntries(
    Object.entries(hard).map(([key, most]) => {
      const left = amount(most) - amount(of(allocated, key));
      return [key, formatQuantity(left < 0n ? 0n : left, most)];
    }),
  );

/** The sum of each type. */
export function sumOf(amounts: readonly Amounts[]): Record<string, string> {
  const sums = new Map<string, { nanos: bigint; like: string }>();
  for (const [key, text] of amounts.flatMap((one) => Object.entries(one))) {
    const sum = sums.get(key);
    sums.set(key, { nanos: (sum?.nanos ?? 0n) + amount(text), like: sum === undefined || sum.nanos === 0n ? text : sum.like });
  }
  return Object.fromEntries([...sums].map(([key, { nanos, like }]) => [key, formatQuantity(nanos, like)]));
}

/** A type may be named like a member that every object has, such as `constructor`. */
const of = (amounts: Amounts, key: string): string | undefined => (Object.hasOwn(amounts, key) ? amounts[key] : undefined);

/** Amounts come from where they were checked; one that isn't a quantity must never count as nothing. */
function amount(text: string | undefined): bigint {
  if (text === undefined) return 0n;
  const nanos = parseQuantity(text);
  if (nanos === undefined) throw new Error(`"${text}" is not a quantity`);
  return nanos;
}
