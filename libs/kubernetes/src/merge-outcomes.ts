import { ApiError } from '#errors';

/** A cluster that could not contribute: `metadata.failures` of a list over clusters. */
export interface ClusterFailure {
  cluster: string;
  /** Kubernetes' `StatusReason`. */
  reason: string;
  message: string;
  /** Since when the cluster can't be used, RFC 3339, where that is known. */
  since?: string;
}

export type Outcome<T> = { cluster: string; value: T } | { cluster: string; error: unknown };

/** What several clusters gave, in the order in which they were asked: each is in one of the two lists. */
export interface Merged<T> {
  items: { cluster: string; value: T }[];
  failures: ClusterFailure[];
}

/** Sorts outcomes into results and failures. An error that is no `ApiError` is a mistake of ours and is thrown. */
export function mergeOutcomes<T>(outcomes: readonly Outcome<T>[]): Merged<T> {
  const merged: Merged<T> = { items: [], failures: [] };
  for (const outcome of outcomes) {
    if ('value' in outcome) merged.items.push(outcome);
    else merged.failures.push(toFailure(outcome.cluster, outcome.error));
  }
  return merged;
}

/** For callers who want all or nothing: the results, or 504 that names each cluster that failed. */
export function allOrNothing<T>({ items, failures }: Merged<T>): T[] {
  if (failures.length === 0) return items.map(({ value }) => value);
  const names = failures.map(({ cluster }) => cluster).join(', ');
  throw new ApiError('Timeout', `${failures.length} of ${items.length + failures.length} clusters did not answer: ${names}`, {
    retryAfterSeconds: 5,
    causes: failures.map(({ cluster, reason, message }) => ({ field: cluster, reason, message })),
  });
}

function toFailure(cluster: string, error: unknown): ClusterFailure {
  if (!(error instanceof ApiError)) throw error;
  const { reason, message, details } = error;
  return { cluster, reason, message, ...(details?.since === undefined ? {} : { since: details.since }) };
}
