import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { KubernetesObject } from '#kubernetes';
import { type Answer, StatusError, toAnswer } from './recording-api-server-answer.js';
import type { Backend, Upgrade } from './recording-api-server-backend.js';
import { discoveryAnswer } from './recording-api-server-discovery.js';
import { parseObject } from './recording-api-server-patch.js';
import type { RecordedRequest } from './recording-api-server-record.js';
import { type ResourceDefinition, ResourceTypes, toStoreKey } from './recording-api-server-resources.js';
import { type ResourceTarget, RestApi } from './recording-api-server-rest.js';
import { ObjectStore } from './recording-api-server-store.js';
import { toUpgrade } from './recording-api-server-upgrades.js';
import { Watches } from './recording-api-server-watch.js';

/** What a SelfSubjectAccessReview asks for. */
interface AccessReviewSpec {
  resourceAttributes?: Record<string, string>;
  nonResourceAttributes?: Record<string, string>;
}

export type AccessReviewer = (spec: AccessReviewSpec, request: RecordedRequest) => boolean;
export type PodLogSource = (request: RecordedRequest, signal: AbortSignal) => AsyncIterable<string | Buffer>;

const UPGRADES = ['exec', 'attach', 'portforward'];
const FIRST_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** A cluster that exists only in this process: objects, watches, logs and echoing upgrades. */
export class LocalBackend implements Backend {
  readonly store = new ObjectStore();
  readonly types = new ResourceTypes();
  readonly watches = new Watches(this.store);
  /** Decides SelfSubjectAccessReviews; everything is allowed at first. */
  accessReview: AccessReviewer = () => true;
  /** The log of every Pod; three lines at first, left open when followed. It is read no faster than the client reads. */
  podLogs: PodLogSource = threeLines;
  private readonly rest = new RestApi(this.store, this.types);

  constructor(private readonly gitVersion: string) {
    for (const name of FIRST_NAMESPACES) this.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } });
  }

  /** Creates or replaces an object as it is, status included, as if a controller had done it: it isn't recorded as a request. */
  put(object: KubernetesObject): KubernetesObject {
    return this.store.write(toStoreKey(this.types.of(object)), object);
  }

  /** The stored object, or undefined. */
  find(apiVersion: string, kind: string, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.store.get(toStoreKey(this.types.of({ apiVersion, kind })), namespace, name);
  }

  /** Removes an object at once. Throws when there is none. */
  remove(apiVersion: string, kind: string, namespace: string | undefined, name: string): KubernetesObject {
    return this.store.remove(toStoreKey(this.types.of({ apiVersion, kind })), namespace, name);
  }

  /** Sends a bookmark with the present version on every watch that asked for bookmarks. */
  sendBookmark(): void {
    this.watches.sendBookmark();
  }

  /** Ends every watch; abruptly: in the middle of the chunked body, as a lost connection does. */
  dropWatches({ abruptly = false } = {}): void {
    this.watches.drop(abruptly);
  }

  /** Compacts the history: open watches end with a 410 event; older versions and all continue tokens are answered with 410. */
  expireWatches(): void {
    this.store.compact();
    this.rest.expirePages();
    this.watches.expire();
  }

  answer(request: RecordedRequest, signal: AbortSignal): Promise<Answer> {
    return Promise.try(() => this.respond(request, signal));
  }

  upgrade(request: RecordedRequest, message: IncomingMessage, signal: AbortSignal): Promise<Answer | Upgrade> {
    return Promise.try(() => {
      const target = this.target(toSegments(request));
      const { type, subresource = '' } = target ?? {};
      if (target === undefined || type?.resource !== 'pods' || !UPGRADES.includes(subresource)) return this.respond(request, signal);
      this.rest.existing(target);
      return toUpgrade(request, message, subresource);
    });
  }

  close(): void {
    this.watches.drop(true);
  }

  private respond(request: RecordedRequest, signal: AbortSignal): Answer {
    const segments = toSegments(request);
    const discovery = request.method === 'GET' ? discoveryAnswer(request, segments, this.types.all(), this.gitVersion) : undefined;
    if (discovery !== undefined) return discovery;
    const target = this.target(segments);
    if (target === undefined) return toAnswer(404, '404 page not found\n');
    const { type, name, subresource } = target;
    if (type.kind === 'SelfSubjectAccessReview') return this.reviewAccess(request);
    if (request.method === 'GET' && name === undefined && isTrue(request.query.get('watch'))) return this.watch(request, target, signal);
    if (type.resource === 'pods' && subresource === 'log') {
      this.rest.existing(target);
      return { ...toAnswer(200), body: Readable.from(this.podLogs(request, signal), { objectMode: false }) };
    }
    return this.rest.handle(request, target);
  }

  /** The expiry of a version is told by an event, as on a real cluster. */
  private watch(request: RecordedRequest, { type, namespace }: ResourceTarget, signal: AbortSignal): Answer {
    try {
      return {
        status: 200,
        headers: ['Content-Type', 'application/json'],
        body: this.watches.start({ type, namespace, query: request.query, signal }),
      };
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 410) throw error;
      return toAnswer(200, `${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`, { 'Content-Type': 'application/json' });
    }
  }

  private reviewAccess(request: RecordedRequest): Answer {
    if (request.method !== 'POST')
      throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
    const review = parseObject(request);
    const allowed = this.accessReview(review.spec as AccessReviewSpec, request);
    return toAnswer(201, { ...review, status: { allowed } });
  }

  /** What the path names; undefined for a path of no served group and version. Throws 404 for an unknown resource of a known one. */
  private target(segments: string[]): ResourceTarget | undefined {
    const [root, ...path] = segments;
    if (root !== 'api' && root !== 'apis') return undefined;
    const group = root === 'api' ? '' : (path.shift() ?? '');
    const version = path.shift() ?? '';
    if (!this.types.all().some((type) => type.group === group && type.version === version)) return undefined;
    const namespace = path[0] === 'namespaces' && path.length > 2 && !(path.length === 3 && path[2] === 'status') ? path[1] : undefined;
    const [resource = '', name, ...rest] = namespace === undefined ? path : path.slice(2);
    const type = this.types.find(group, version, resource);
    if (type === undefined || rest.length > 1 || !fitsScope(type, namespace, name))
      throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
    return { type, namespace, name, subresource: rest[0] };
  }
}

function fitsScope({ namespaced }: ResourceDefinition, namespace: string | undefined, name: string | undefined): boolean {
  return namespace === undefined ? !namespaced || name === undefined : namespaced;
}

function toSegments(request: RecordedRequest): string[] {
  try {
    return request.path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw new StatusError(400, 'BadRequest', 'the path is not properly encoded');
  }
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

async function* threeLines(request: RecordedRequest, signal: AbortSignal): AsyncGenerator<string> {
  for (const line of [1, 2, 3]) yield `line ${line}\n`;
  if (!isTrue(request.query.get('follow'))) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}
