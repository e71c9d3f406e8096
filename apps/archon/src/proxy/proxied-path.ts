import { badRequest } from '#errors';
import { isTrue, requestAttributes } from '#kubernetes';
import { ownObjectPath } from '../http/own-object.js';

/** A path that belongs to a cluster. */
export interface ProxiedPath {
  cluster: string;
  /** Path and query at the cluster, byte for byte as the client wrote them. */
  path: string;
  /** Under which path of Archon the client sees this cluster's API. */
  prefix: string;
  /** Whether the answer may go on for as long as the client listens: `watch`, lines of JSON; `bytes`, a followed log or an application. */
  streaming: 'watch' | 'bytes' | undefined;
}

const CLUSTER_PREFIX = '/kubernetes/';
const CLUSTER = /^\/kubernetes\/[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?=[/?]|$)/;
/** Paths of the global cluster that need no prefix. */
const GLOBAL_PATH = /^\/(api|apis|version|openapi)(\/|\?|$)/;
const GLOBAL_CLUSTER = 'global';
/** Passes over nearly all paths: this is the way of every request. */
const OWN_OBJECTS = /^[^?]*\/auth\.alauda\.io\//;
/**
 * What one side could read differently from another: encoded slashes, backslashes, percent signs and control characters; matrix parameters;
 * empty segments and those of dots.
 */
const AMBIGUOUS = /%(?:2f|5c|25|[01][0-9a-f]|7f)|[\\;#]|[^\x21-\x7e]|\/(?:\/|(?:\.|%2e){1,2}(?:\/|$))/i;
/** Paths that may ask for a stream; anything encoded may hide such a word. */
const PERHAPS_STREAMING = /\/(?:proxy|watch)(?:\/|\?|$)|[?&](?:watch|follow)|%/;

/** Undefined when the path is one of Archon's own. Throws 400 on a path that could mean two things. */
export function parseProxiedPath(url: string): ProxiedPath | undefined {
  if (OWN_OBJECTS.test(url) && ownObjectPath(url) !== undefined) return undefined;
  if (url.startsWith(CLUSTER_PREFIX)) {
    const prefix = CLUSTER.exec(url)?.[0];
    if (prefix === undefined) throw badRequest('the path must be /kubernetes/<name of a cluster>/<path of the Kubernetes API>');
    const path = url.slice(prefix.length);
    return proxied(prefix.slice(CLUSTER_PREFIX.length), path.startsWith('/') ? path : `/${path}`, prefix);
  }
  return GLOBAL_PATH.test(url) ? proxied(GLOBAL_CLUSTER, url, '') : undefined;
}

function proxied(cluster: string, path: string, prefix: string): ProxiedPath {
  const question = path.indexOf('?');
  if (AMBIGUOUS.test(question < 0 ? path : path.slice(0, question)))
    throw badRequest(
      'the path must not contain "//", "\\", ";", ".", ".." segments or encoded slashes, percent signs and control characters',
    );
  return { cluster, path, prefix, streaming: PERHAPS_STREAMING.test(path) ? streamingOf(path) : undefined };
}

/** As kube-apiserver reads the request: `?watch` and `?watch=yes` are true too. */
function streamingOf(path: string): ProxiedPath['streaming'] {
  const { verb, resource, subresource, isResource } = requestAttributes('GET', path);
  if (!isResource) return undefined;
  if (verb === 'proxy' || subresource === 'proxy') return 'bytes';
  if (verb === 'watch') return 'watch';
  const isLog = resource === 'pods' && subresource === 'log';
  return isLog && isTrue(new URLSearchParams(path.slice(path.indexOf('?') + 1)).get('follow')) ? 'bytes' : undefined;
}
