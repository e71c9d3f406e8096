import { formatQuantity, parseQuantity } from '#kubernetes';

/** A project's quota in one cluster. What `hard` does not name is unlimited, and so is what is available of it. */
export interface ProjectQuota {
  cluster: string;
  hard: Record<string, string>;
  /** The sum over the `default` ResourceQuotas of its namespaces there (PRJ-3). */
  allocated: Record<string, string>;
  available: Record<string, string>;
}

export function toProjectQuota(
  cluster: string,
  hard: Readonly<Record<string, string>>,
  claimed: ReadonlyMap<string, bigint>,
): ProjectQuota {
  const keys = [...new Set([...Object.keys(hard), ...claimed.keys()])].sort();
  const like = (key: string) => hard[key];
  const entries = (of: readonly string[], amount: (key: string) => bigint) =>
    Object.fromEntries(of.map((key) => [key, formatQuantity(amount(key), like(key))]));
  const taken = (key: string) => claimed.get(key) ?? 0n;
  const left = (key: string) => {
    const amount = (parseQuantity(hard[key] ?? '0') ?? 0n) - taken(key);
    return amount < 0n ? 0n : amount;
  };
  return { cluster, hard: { ...hard }, allocated: entries(keys, taken), available: entries(Object.keys(hard).sort(), left) };
}
