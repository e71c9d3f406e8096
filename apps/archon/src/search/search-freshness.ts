import type { ClusterFailure } from '#kubernetes';
import type { IndexedCluster, IndexedReflection } from '../index/object-index.service.js';

export interface Freshness {
  cluster: string;
  syncedAt: string;
  source: 'index' | 'live';
  staleSince?: string;
}

/**
 * How old what the index has of each cluster is, and of which it has nothing, or nothing new; of several kinds the oldest counts. A cluster
 * without any of the kinds is in neither.
 */
export function freshnessOf(clusters: readonly IndexedCluster[]): { freshness: Freshness[]; failures: ClusterFailure[] } {
  const freshness: Freshness[] = [];
  const failures: ClusterFailure[] = [];
  for (const { name: cluster, isDisabled, rightsRevision, reflections } of clusters) {
    const kinds = [...reflections.values()];
    const failure = failureOf(cluster, isDisabled, rightsRevision !== null, kinds);
    if (failure !== undefined) failures.push({ cluster, ...failure });
    const times = kinds.flatMap(({ isWhole, syncedAt }) => (isWhole && syncedAt !== null ? [syncedAt.getTime()] : []));
    if (times.length === 0 || rightsRevision === null) continue;
    const syncedAt = new Date(Math.min(...times)).toISOString();
    freshness.push({ cluster, syncedAt, source: 'index', ...(failure === undefined ? {} : { staleSince: failure.since ?? syncedAt }) });
  }
  return { freshness, failures };
}

type Failure = Omit<ClusterFailure, 'cluster'>;

function failureOf(name: string, isDisabled: boolean, hasRights: boolean, kinds: readonly IndexedReflection[]): Failure | undefined {
  const unavailable = (message: string, since?: Date): Failure => ({
    reason: 'ServiceUnavailable',
    message,
    ...(since === undefined ? {} : { since: since.toISOString() }),
  });
  if (isDisabled) return unavailable(`cluster "${name}" is disabled: nothing new is heard of it`);
  if (!hasRights) return unavailable(`cluster "${name}" is not indexed yet: nothing of it is shown`);
  const first = (is: (kind: IndexedReflection) => boolean) =>
    kinds.filter(is).toSorted((one, other) => one.since.getTime() - other.since.getTime())[0];
  const interrupted = first(({ state }) => state === 'Interrupted');
  if (interrupted !== undefined) return unavailable(interrupted.reason, interrupted.since);
  const refused = first(({ state }) => state === 'Refused');
  if (refused !== undefined) return { ...unavailable(refused.reason, refused.since), reason: 'Forbidden' };
  const begun = first(({ isWhole }) => !isWhole);
  return begun && unavailable(`cluster "${name}" is being listed for the first time: it is shown in part`, begun.since);
}
