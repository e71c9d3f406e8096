import type { AccessScope, ScopedNamespace } from './access-scope.js';

/** A scope as it is stored: each cluster and project that it names is the one that had this name then, by its id. */
export interface BoundScope extends AccessScope {
  clusterIds?: Readonly<Record<string, string>> | undefined;
  projectIds?: Readonly<Record<string, string>> | undefined;
}

/** What the names in a stored scope stand for at present. */
export interface ScopeNames {
  /** By name: ids of registrations. */
  clusterIds: Readonly<Record<string, string>>;
  projectIds: Readonly<Record<string, string>>;
  /** Those of the projects whose ids are in the scope. */
  projectNamespaces: readonly ScopedNamespace[];
}

/** The names of clusters in a scope, without doubles. */
export const clustersNamedIn = ({ clusters = [], namespaces = [] }: AccessScope): string[] => [
  ...new Set([...clusters, ...namespaces.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster]))]),
];

/** A scope without what only its row needs to know. */
export function withoutIds({ clusterIds: _clusters, projectIds: _projects, ...scope }: BoundScope): AccessScope {
  return scope;
}

/**
 * What a stored scope is good for now. A cluster or project that has gone is in no scope any more, and another one under its name never
 * was: what is left may be nothing.
 */
export function currentScope({ clusterIds = {}, projectIds = {}, ...scope }: BoundScope, now: ScopeNames): AccessScope {
  const isCluster = isSame(clusterIds, now.clusterIds);
  return {
    ...scope,
    ...(scope.clusters === undefined ? {} : { clusters: scope.clusters.filter(isCluster) }),
    ...(scope.projects === undefined
      ? {}
      : { projects: scope.projects.filter(isSame(projectIds, now.projectIds)), projectNamespaces: now.projectNamespaces }),
    ...(scope.namespaces === undefined
      ? {}
      : { namespaces: scope.namespaces.filter(({ cluster }) => cluster === undefined || isCluster(cluster)) }),
  };
}

const isSame = (then: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>) => (name: string) =>
  Object.hasOwn(then, name) && Object.hasOwn(now, name) && then[name] === now[name];
