import type { ClusterFailure } from '#kubernetes';
import { badRequest } from '#errors';
import type { IndexedCluster } from '../index/object-index.service.js';

/** The least version of a list, by cluster. */
export type AwaitedVersions = ReadonlyMap<string, bigint>;

const TERM = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?):(\d{1,20})$/;

/** Reads `c1:12345`. Versions of one kind of one cluster can be compared as numbers (Kubernetes 1.35, API concepts, resource versions). Throws 400. */
export const readAwaitedVersions = (terms: readonly string[] | undefined): AwaitedVersions =>
  new Map(
    (terms ?? []).map((term) => {
      const [, cluster, version] = TERM.exec(term) ?? [];
      if (cluster === undefined || version === undefined)
        throw badRequest(`notOlderThan: "${term}" must be the name of a cluster and a resourceVersion, as c1:12345`);
      return [cluster, BigInt(version)];
    }),
  );

/** Clusters of which the index has not yet all that is awaited. */
export function lateClusters(clusters: readonly IndexedCluster[], awaited: AwaitedVersions): ClusterFailure[] {
  return [...awaited].flatMap(([cluster, version]) => {
    const known = clusters.find(({ name }) => name === cluster);
    if (known === undefined) throw badRequest(`notOlderThan: there is no cluster "${cluster}" in this list`);
    const isThere = [...known.reflections.values()].every(({ resourceVersion }) => hasReached(resourceVersion, version));
    return isThere
      ? []
      : [{ cluster, reason: 'Timeout', message: `the index has not yet reached resourceVersion ${version} of cluster "${cluster}"` }];
  });
}

/** Whether what has everything up to this version has the awaited one. */
export const hasReached = (version: string | null, awaited: bigint): boolean =>
  version !== null && /^\d+$/.test(version) && BigInt(version) >= awaited;
