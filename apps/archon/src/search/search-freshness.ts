import type { ClusterFailure } from '#kubernetes';
import type { IndexedCluster } from '../index/index-state.repository.js';

export interface Freshness {
  cluster: string;
  syncedAt: string;
  source: 'index' | 'live';
  staleSince?: string;
}

/** How old what the index has of each cluster is, and of which it has nothing, or nothing new. A cluster without the kind is in neither. */
export function freshnessOf(clusters: readonly IndexedCluster[]): { freshness: Freshness[]; failures: ClusterFailure[] } {
  const freshness: Freshness[] = [];
  const failures: ClusterFailure[] = [];
  for (const cluster of clusters) {
    const failure = failureOf(cluster);
    if (failure !== undefined) failures.push({ cluster: cluster.name, ...failure });
    const { reflection } = cluster;
    if (reflection?.syncedAt == null || !reflection.isWhole || cluster.rightsRevision === null) continue;
    freshness.push({
      cluster: cluster.name,
      syncedAt: reflection.syncedAt.toISOString(),
      source: 'index',
      ...(failure === undefined ? {} : { staleSince: failure.since ?? reflection.syncedAt.toISOString() }),
    });
  }
  return { freshness, failures };
}

function failureOf({ name, isDisabled, rightsRevision, reflection }: IndexedCluster): Omit<ClusterFailure, 'cluster'> | undefined {
  const since = reflection?.since.toISOString();
  const dated = since === undefined ? {} : { since };
  if (isDisabled) return { reason: 'ServiceUnavailable', message: `cluster "${name}" is disabled: nothing new is heard of it`, ...dated };
  if (rightsRevision === null)
    return { reason: 'ServiceUnavailable', message: `cluster "${name}" is not indexed yet: nothing of it is shown`, ...dated };
  if (reflection === undefined) return undefined;
  if (reflection.state === 'Refused') return { reason: 'Forbidden', message: reflection.reason, ...dated };
  if (reflection.state === 'Interrupted') return { reason: 'ServiceUnavailable', message: reflection.reason, ...dated };
  if (!reflection.isWhole)
    return { reason: 'ServiceUnavailable', message: `cluster "${name}" is being listed for the first time: it is shown in part`, ...dated };
  return undefined;
}
