import type { AccessScope } from './access-scope.js';

/** A scope as it is stored: each cluster that it names is the one that had this name then, by the id of its registration. */
export interface BoundScope extends AccessScope {
  clusterIds?: Readonly<Record<string, string>> | undefined;
}

/** The names of clusters in a scope, without doubles. */
export const clustersNamedIn = ({ clusters = [], namespaces = [] }: AccessScope): string[] => [
  ...new Set([...clusters, ...namespaces.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster]))]),
];

/** A scope without what only its row needs to know. */
export function withoutIds({ clusterIds: _, ...scope }: BoundScope): AccessScope {
  return scope;
}

/**
 * What a stored scope is good for now. `ids`: which registration has which name at present. A cluster that has gone is in no scope any
 * more, and another one under its name never was: what is left may be nothing.
 */
export function currentScope({ clusterIds = {}, ...scope }: BoundScope, ids: Readonly<Record<string, string>>): AccessScope {
  const isSame = (name: string) => Object.hasOwn(clusterIds, name) && Object.hasOwn(ids, name) && clusterIds[name] === ids[name];
  return {
    ...scope,
    ...(scope.clusters === undefined ? {} : { clusters: scope.clusters.filter(isSame) }),
    ...(scope.namespaces === undefined
      ? {}
      : { namespaces: scope.namespaces.filter(({ cluster }) => cluster === undefined || isSame(cluster)) }),
  };
}
