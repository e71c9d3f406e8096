import { type ApiError, forbidden } from '#errors';
import type { RequestAttributes } from '#kubernetes';
import {
  type AccessScope,
  type KubernetesRequest,
  type MissingScope,
  missingForAttributes,
  missingForKubernetes,
  missingPlace,
  missingVerb,
  reaches,
  reachesProject,
  WITHOUT_SCOPE,
} from './access-scope.js';
import type { Permission } from './permissions.js';

/** How a route stands to scopes where its path doesn't say it: see `@Scoped`. */
export interface RouteScope {
  /**
   * `cluster`: one namespace of the cluster in the path is enough, as it tells what everybody in it may know, or looks at each namespace itself.
   * `handler`: the handler itself keeps to what is within the caller's scope.
   */
  reach?: 'cluster' | 'handler';
  /** Verbs that it needs, where the method doesn't say it. */
  verbs?: readonly string[];
}

/** A request to one of Archon's own routes. */
export interface RouteRequest {
  method: string;
  permission: Permission;
  route: RouteScope;
  project: string | undefined;
  cluster: string | undefined;
  namespace: string | undefined;
  /** Whether `?watch=` was asked for. */
  watches: boolean;
}

/** Answers gather objects of several kinds, so reading is both. */
const READING = ['get', 'list'];
const VERBS: Record<string, readonly string[]> = {
  GET: READING,
  HEAD: READING,
  POST: ['create'],
  PUT: ['update'],
  PATCH: ['patch'],
  DELETE: ['delete'],
};

/** Throws 403 when a proxied request is not within the scope. Somebody else's name (`Impersonate-*`) is never within one. */
export function requireKubernetesInScope(scope: AccessScope | undefined, request: KubernetesRequest & { impersonates: boolean }): void {
  if (scope === undefined) return;
  const missing: MissingScope | undefined = request.impersonates
    ? { field: 'scope', missing: 'no scope at all: nobody is impersonated with a scope' }
    : missingForKubernetes(scope, request);
  if (missing !== undefined) throw outOfScope(missing);
}

/** Throws 403 when one of several requests to a cluster, known by their attributes, is not within the scope. */
export function requireRequestsInScope(scope: AccessScope | undefined, cluster: string, requests: readonly RequestAttributes[]): void {
  if (scope === undefined) return;
  for (const request of requests) {
    const missing = missingForAttributes(scope, cluster, request);
    if (missing !== undefined) throw outOfScope(missing);
  }
}

/** Throws 403 when a request to one of Archon's own routes is not within the scope. A route that says nothing of places is the platform's. */
export function requireRouteInScope(scope: AccessScope | undefined, request: RouteRequest): void {
  const missing = scope && missingForRoute(scope, request);
  if (missing !== undefined) throw outOfScope(missing);
}

function missingForRoute(
  scope: AccessScope,
  { method, permission, route, project, cluster, namespace, watches }: RouteRequest,
): MissingScope | undefined {
  const verbs = route.verbs ?? [...(VERBS[method] ?? [method]), ...(watches ? ['watch'] : [])];
  const isRead = VERBS[method] === READING;
  if (!isRead && permission !== 'authenticated') return WITHOUT_SCOPE;
  const missing = missingVerb(scope, verbs);
  if (missing !== undefined || route.reach === 'handler') return missing;
  if (cluster !== undefined) return route.reach === 'cluster' ? missingCluster(scope, cluster) : missingPlace(scope, cluster, namespace);
  if (project !== undefined && scope.projects !== undefined)
    return reachesProject(scope, project) ? undefined : { field: 'projects', missing: `the project "${project}"` };
  return isRead && reaches(scope, undefined, undefined) ? undefined : WITHOUT_SCOPE;
}

function missingCluster(scope: AccessScope, cluster: string): MissingScope | undefined {
  const missing = missingPlace(scope, cluster, undefined);
  return missing?.field === 'clusters' ? missing : undefined;
}

/** 403 that names what the scope would have to contain. */
export function outOfScope({ field, missing }: MissingScope): ApiError {
  const path = field === 'scope' ? 'scope' : `scope.${field}`;
  return forbidden(`the credential's scope does not allow this: it needs ${missing}. Use one with a wider scope, or without one`, {
    causes: [{ reason: 'OutOfScope', field: path, message: `needs ${missing}` }],
  });
}
