import { requestAttributes, type RequestAttributes } from '#kubernetes';

/** What a credential may be used for, within what its user may do. Whatever is given narrows; a credential without a scope is not narrowed. */
export interface AccessScope {
  /** Names of clusters. */
  clusters?: readonly string[] | undefined;
  /** Names of projects: each with what belongs to it, and with the namespaces that it has at the time, in the clusters of the scope. */
  projects?: readonly string[] | undefined;
  /** Namespaces, of one cluster or of this name in every cluster of the scope. */
  namespaces?: readonly ScopedNamespace[] | undefined;
  /** Of Kubernetes: see `SCOPE_VERBS`. */
  verbs?: readonly ScopeVerb[] | undefined;
  /** Nothing but `get`, `list` and `watch`. */
  readOnly?: boolean | undefined;
  /** Those that its projects have now. Nobody gives them: see `currentScope`. */
  projectNamespaces?: readonly ScopedNamespace[] | undefined;
}

export interface ScopedNamespace {
  cluster?: string | undefined;
  namespace: string;
}

export const SCOPE_VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'] as const;
export type ScopeVerb = (typeof SCOPE_VERBS)[number];

/** Which part of a scope stands in the way, and what it would have to contain. */
export interface MissingScope {
  field: 'clusters' | 'projects' | 'namespaces' | 'verbs' | 'scope';
  missing: string;
}

/** One of Archon's own functions, and where. */
export interface FunctionPlace {
  action: string;
  project?: string | undefined;
  cluster?: string | undefined;
  namespace?: string | undefined;
}

/** A request to the API of a cluster. `path` is the Kubernetes path with its query. */
export interface KubernetesRequest {
  cluster: string;
  method: string;
  path: string;
  /** Whether the connection is to change its protocol: exec, attach, port-forward, or a watch over WebSocket. */
  upgrade: boolean;
  /** Media type of the body: an apply may create. */
  contentType?: string | undefined;
}

export const WITHOUT_SCOPE: MissingScope = {
  field: 'scope',
  missing: 'no scope at all: what belongs to the platform is not managed with a scope',
};

const READ_VERBS: readonly string[] = ['get', 'list', 'watch'];
const VERBS_OF_METHODS: Record<string, string> = {
  get: 'get',
  head: 'get',
  post: 'create',
  put: 'update',
  patch: 'patch',
  delete: 'delete',
};
/** Subresources that open a connection into the cluster: more than reading, whatever the method (Kubernetes asks for `create` too). */
const CONNECTING = new Set(['exec', 'attach', 'portforward', 'proxy']);
/** What clients ask before anything else: versions, groups, resources and schemas; the same for every user. */
const DISCOVERY = /^\/(?:version|api(?:\/[^/]+)?|apis(?:\/[^/]+){0,2}|openapi(?:\/.*)?)\/?$/;
/** What Go and the URL standard read differently. A scope must not depend on who reads. */
const AMBIGUOUS_QUERY = /;|%(?![0-9a-f]{2})/i;

/** A cluster and a namespace, `undefined` standing for all: a scope reaches a set of these. */
interface Reach {
  cluster: string | undefined;
  namespace: string | undefined;
}

function reachesOf({ clusters, projects, namespaces, projectNamespaces = [] }: AccessScope): Reach[] {
  const places = clusters ?? [undefined];
  if (namespaces === undefined && projects === undefined) return places.map((cluster) => ({ cluster, namespace: undefined }));
  return [...(namespaces ?? []), ...projectNamespaces].flatMap(({ cluster, namespace }) => {
    if (cluster === undefined) return places.map((place) => ({ cluster: place, namespace }));
    return clusters === undefined || clusters.includes(cluster) ? [{ cluster, namespace }] : [];
  });
}

/** Whether anything at all of a cluster is within the scope. */
export const reachesCluster = (scope: AccessScope | undefined, cluster: string): boolean =>
  scope === undefined || reachesOf(scope).some((reach) => covers(reach.cluster, cluster));

/** Whether a namespace is within the scope; without a namespace: the whole cluster. Without a cluster: the whole platform. */
export function reaches(scope: AccessScope | undefined, cluster: string | undefined, namespace: string | undefined): boolean {
  return scope === undefined || reachesOf(scope).some((reach) => covers(reach.cluster, cluster) && covers(reach.namespace, namespace));
}

/** Whether a project is within the scope: in one cluster, or without a cluster as a whole. */
export function reachesProject(scope: AccessScope | undefined, project: string, cluster?: string): boolean {
  if (scope === undefined) return true;
  const { clusters, projects, namespaces } = scope;
  const isNamed = projects === undefined ? namespaces === undefined : projects.includes(project);
  return isNamed && (clusters === undefined || (cluster !== undefined && clusters.includes(cluster)));
}

/** The clusters and namespaces of a scope, for a query; `undefined` when it does not narrow them. */
export function placesOf(scope: AccessScope | undefined): Reach[] | undefined {
  return scope === undefined || reaches(scope, undefined, undefined) ? undefined : reachesOf(scope);
}

/** Whether everything that `inner` allows is allowed by `outer`. */
export function isWithin(inner: AccessScope, outer: AccessScope | undefined): boolean {
  if (outer === undefined) return true;
  const verbs = verbsOf(outer);
  // What a project has now says nothing of what it will have: a namespace of it is not within it for good.
  const lasting = { ...outer, projectNamespaces: [] };
  return (
    reachesOf({ ...inner, projectNamespaces: [] }).every(({ cluster, namespace }) => reaches(lasting, cluster, namespace)) &&
    (inner.projects ?? []).every((project) =>
      (inner.clusters ?? [undefined]).every((cluster) => reachesProject(outer, project, cluster)),
    ) &&
    (verbs === undefined || (verbsOf(inner)?.every((verb) => verbs.includes(verb)) ?? false))
  );
}

/** Why the scope is one that can't be used: it narrows nothing, or leaves nothing. Undefined for a good one. */
export function uselessScope(scope: AccessScope): string | undefined {
  if (reaches(scope, undefined, undefined) && verbsOf(scope) === undefined)
    return 'must narrow something: leave it out for a token without a scope';
  if (reachesOf(scope).length === 0 && scope.projects === undefined) return 'reaches nothing: no cluster of namespaces is among clusters';
  return verbsOf(scope)?.length === 0 ? 'allows nothing: no verb is left that reads' : undefined;
}

/** What the scope lacks for these verbs. */
export function missingVerb(scope: AccessScope, needed: readonly string[]): MissingScope | undefined {
  const allowed = verbsOf(scope);
  const missing = allowed && needed.find((verb) => !allowed.includes(verb));
  return missing === undefined ? undefined : { field: 'verbs', missing: `the verb "${missing}"` };
}

/** What the scope lacks for a place; without a namespace for the whole cluster. */
export function missingPlace(scope: AccessScope, cluster: string, namespace: string | undefined): MissingScope | undefined {
  if (reaches(scope, cluster, namespace)) return undefined;
  if (!reachesCluster(scope, cluster)) return { field: 'clusters', missing: `the cluster "${cluster}"` };
  const missing =
    namespace === undefined ? `all namespaces of the cluster "${cluster}"` : `the namespace "${namespace}" of the cluster "${cluster}"`;
  return { field: 'namespaces', missing };
}

/** What the scope lacks for one of Archon's own functions. What is in a project need not be there yet. */
export function missingForFunction(scope: AccessScope, { action, project, cluster, namespace }: FunctionPlace): MissingScope | undefined {
  const verb = missingVerb(scope, [action]);
  if (verb !== undefined || reaches(scope, cluster, namespace)) return verb;
  if (project !== undefined && scope.projects !== undefined && reachesProject(scope, project, cluster)) return undefined;
  if (cluster !== undefined) return missingPlace(scope, cluster, namespace);
  return project === undefined ? WITHOUT_SCOPE : { field: 'projects', missing: `the project "${project}"` };
}

/** What the scope lacks for a request to a cluster's API; undefined when it is within the scope. */
export function missingForKubernetes(
  scope: AccessScope,
  { cluster, method, path, upgrade, contentType }: KubernetesRequest,
): MissingScope | undefined {
  const [plain = '', query = ''] = splitOnce(path, '?');
  if (!reachesCluster(scope, cluster)) return missingPlace(scope, cluster, undefined);
  if (!upgrade && (method === 'GET' || method === 'HEAD') && isDiscovery(plain)) return undefined;
  if (AMBIGUOUS_QUERY.test(query)) return { field: 'scope', missing: 'no scope at all, as the query of the path is not well-formed' };
  const attributes = requestAttributes(method, path);
  if (attributes.verb === 'create' && isOwnReview(attributes)) return missingForReview(scope, cluster, attributes);
  const applies = attributes.verb === 'patch' && /^application\/apply-patch/i.test(contentType ?? '');
  return (applies ? missingVerb(scope, ['create']) : undefined) ?? missingForAttributes(scope, cluster, attributes, upgrade);
}

/** The same for a request that is known by its attributes alone. */
export const missingForAttributes = (
  scope: AccessScope,
  cluster: string,
  attributes: RequestAttributes,
  upgrade = false,
): MissingScope | undefined => missingVerb(scope, neededVerbs(attributes, upgrade)) ?? missingForResource(scope, cluster, attributes);

/** Namespaces are no objects of themselves: to read its own is all that a scope of a namespace gives. */
function missingForResource(scope: AccessScope, cluster: string, attributes: RequestAttributes): MissingScope | undefined {
  const { isResource, group, resource, subresource, verb, namespace } = attributes;
  const isNamespaceItself = resource === 'namespaces' && (group !== '' || verb !== 'get' || subresource !== '');
  return missingPlace(scope, cluster, !isResource || namespace === '' || isNamespaceItself ? undefined : namespace);
}

function neededVerbs({ isResource, verb, subresource }: RequestAttributes, upgrade: boolean): string[] {
  if (!isResource) return [VERBS_OF_METHODS[verb] ?? verb, ...(upgrade ? ['create'] : [])];
  const connects = verb === 'proxy' || CONNECTING.has(subresource) || (upgrade && verb !== 'watch' && subresource !== 'log');
  if (!connects) return [verb];
  return verb === 'get' || verb === 'proxy' ? ['create'] : ['create', verb];
}

/** Reviews of one's own rights: created, but not stored. */
const isOwnReview = ({ group, resource, subresource, name }: RequestAttributes): boolean =>
  subresource === '' &&
  name === '' &&
  ((group === 'authorization.k8s.io' && (resource === 'selfsubjectaccessreviews' || resource === 'selfsubjectrulesreviews')) ||
    (group === 'authentication.k8s.io' && resource === 'selfsubjectreviews'));

/** Who one is may be asked in every scope; what one may do only where it may be asked for any namespace, as the question is in the body. */
const missingForReview = (scope: AccessScope, cluster: string, { group }: RequestAttributes): MissingScope | undefined =>
  group === 'authentication.k8s.io' ? undefined : missingPlace(scope, cluster, undefined);

/** The verbs that are left, or undefined for all. */
function verbsOf({ verbs, readOnly }: AccessScope): readonly string[] | undefined {
  if (readOnly !== true) return verbs;
  return verbs === undefined ? READ_VERBS : verbs.filter((verb) => READ_VERBS.includes(verb));
}

const covers = (own: string | undefined, asked: string | undefined): boolean => own === undefined || own === asked;

function isDiscovery(path: string): boolean {
  try {
    return DISCOVERY.test(decodeURIComponent(path));
  } catch {
    return false;
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
