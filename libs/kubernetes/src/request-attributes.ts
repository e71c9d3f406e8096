/** What a request asks of a cluster, in the words of Kubernetes' authorisation. Empty text where a part does not apply. */
export interface RequestAttributes {
  /** `get list watch create update patch delete deletecollection`; for paths that are no resource the lower-case HTTP method. */
  verb: string;
  group: string;
  version: string;
  resource: string;
  /** The segment behind the name: `log`, `exec`, `status`, `proxy`. */
  subresource: string;
  namespace: string;
  /** Of the object; of a list or watch the one that its field selector demands. */
  name: string;
  /** False for `/version`, `/openapi`, discovery and other paths without a resource. */
  isResource: boolean;
}

const VERBS: Record<string, string> = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
/** Segments behind `namespaces/<name>` that belong to the namespace itself. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/**
 * Reads method and path (with query) as kube-apiserver does (`RequestInfoFactory` of k8s.io/apiserver), so that what is decided or recorded
 * here is what the cluster will do. The path must be free of ambiguities; names come out decoded.
 */
export function requestAttributes(method: string, pathAndQuery: string): RequestAttributes {
  const question = pathAndQuery.indexOf('?');
  const path = question === -1 ? pathAndQuery : pathAndQuery.slice(0, question);
  // Kubernetes decodes the path before it looks at it: `/api/v1/w%61tch/…` is a watch.
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decoded);
  const groupSegments = segments[0] === 'api' ? 2 : segments[0] === 'apis' ? 3 : Infinity;
  const version = segments[groupSegments - 1] ?? '';
  const prefix = segments[groupSegments];
  const verbInPath = prefix === 'watch' || prefix === 'proxy' ? prefix : undefined;
  const parts = segments.slice(groupSegments + (verbInPath === undefined ? 0 : 1));
  if (parts.length === 0) return noResource(method);
  const namespace = parts[0] === 'namespaces' ? (parts[1] ?? '') : '';
  const isInNamespace = namespace !== '' && parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? '');
  const [resource, name, subresource] = isInNamespace ? parts.slice(2) : parts;
  const query = new URLSearchParams(question === -1 ? '' : pathAndQuery.slice(question + 1));
  const verb = verbInPath ?? verbOf(method, name, query);
  return {
    verb,
    group: groupSegments === 2 ? '' : (segments[1] ?? ''),
    version,
    resource: resource ?? '',
    subresource: (verbInPath === 'proxy' ? undefined : subresource) ?? '',
    namespace,
    name: name ?? (verb === 'list' || verb === 'watch' ? selectedName(query) : ''),
    isResource: true,
  };
}

function noResource(method: string): RequestAttributes {
  const verb = method.toLowerCase();
  return { verb, group: '', version: '', resource: '', subresource: '', namespace: '', name: '', isResource: false };
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): string {
  const verb = VERBS[method] ?? '';
  if (name !== undefined) return verb;
  if (verb === 'delete') return 'deletecollection';
  return verb === 'get' ? (isTrue(query.get('watch')) ? 'watch' : 'list') : verb;
}

/** As Kubernetes converts a query parameter to a boolean: whatever is there is true, but `0` and `false`. */
export const isTrue = (value: string | null): boolean => value !== null && value !== '0' && value.toLowerCase() !== 'false';

const selectedName = (query: URLSearchParams): string =>
  /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
