import { PassThrough } from 'node:stream';
import type { KubernetesObject } from '#kubernetes';
import { toStatus } from './recording-api-server-answer.js';
import { type ResourceDefinition, toApiVersion, toStoreKey } from './recording-api-server-resources.js';
import { type ObjectFilter, toFilter } from './recording-api-server-selectors.js';
import type { ObjectStore, StoreEvent } from './recording-api-server-store.js';

export interface WatchRequest {
  type: ResourceDefinition;
  namespace: string | undefined;
  query: URLSearchParams;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/** The open watches of a server. */
export class Watches {
  private readonly open = new Set<Watch>();
  /** How often the next watch tells each event, one run of all of them after the other. */
  private repeats = 1;

  constructor(private readonly store: ObjectStore) {}

  get count(): number {
    return this.open.size;
  }

  /** The stream of a new watch. Throws 410 Expired when its version is too old. */
  start(request: WatchRequest): PassThrough {
    const version = request.query.get('resourceVersion') ?? '';
    const initial = version === '' || version === '0' || request.query.get('sendInitialEvents') === 'true';
    const missed = initial ? [] : this.store.since(Number(version));
    const watch = new Watch(request, this.store);
    if (initial) watch.sendInitial();
    for (; this.repeats > 1; this.repeats--) for (const event of missed) watch.see(event);
    for (const event of missed) watch.see(event);
    this.open.add(watch);
    const unsubscribe = this.store.subscribe((event) => watch.see(event));
    watch.stream.on('close', () => {
      unsubscribe();
      this.open.delete(watch);
    });
    return watch.stream;
  }

  /** The next watch tells everything twice that was missed before it, the whole history in its order, then again. */
  repeatMissed(): void {
    this.repeats = 2;
  }

  sendBookmark(): void {
    for (const watch of this.open) watch.bookmark();
  }

  expire(): void {
    for (const watch of this.open) {
      watch.send('ERROR', toStatus(410, 'Expired', 'The resourceVersion for the provided watch is too old.'));
      watch.stream.end();
    }
  }

  drop(abruptly: boolean): void {
    for (const { stream } of this.open) {
      if (abruptly) stream.destroy(new Error('dropped'));
      else stream.end();
    }
  }
}

class Watch {
  readonly stream = new PassThrough();
  private readonly filter: ObjectFilter;

  constructor(
    private readonly request: WatchRequest,
    private readonly store: ObjectStore,
  ) {
    this.filter = toFilter(request.query);
    request.signal.addEventListener('abort', () => this.stream.destroy());
    const seconds = Number(request.query.get('timeoutSeconds') ?? 0);
    if (seconds > 0) {
      const timer = setTimeout(() => this.stream.end(), seconds * 1000);
      this.stream.on('close', () => clearTimeout(timer));
    }
  }

  /** All present objects as ADDED, and, for a client that asked so, the bookmark that ends them. */
  sendInitial(): void {
    for (const object of this.store.list(toStoreKey(this.request.type), this.request.namespace)) {
      if (this.filter(object)) this.send('ADDED', object);
    }
    if (this.request.query.get('sendInitialEvents') === 'true') this.bookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  see({ type, resource, object, previous }: StoreEvent): void {
    if (resource !== toStoreKey(this.request.type) || this.stream.writableEnded) return;
    if (this.request.namespace !== undefined && object.metadata.namespace !== this.request.namespace) return;
    const before = previous !== undefined && this.filter(previous);
    const after = type !== 'DELETED' && this.filter(object);
    // An object that enters or leaves the selection appears or disappears for this watch.
    if (after) this.send(before ? 'MODIFIED' : 'ADDED', object);
    else if (before) this.send('DELETED', object);
  }

  bookmark(annotations?: Record<string, string>): void {
    if (this.request.query.get('allowWatchBookmarks') !== 'true') return;
    const metadata = { resourceVersion: String(this.store.revision), creationTimestamp: null, ...(annotations ? { annotations } : {}) };
    this.send('BOOKMARK', { kind: this.request.type.kind, apiVersion: toApiVersion(this.request.type), metadata });
  }

  send(type: string, object: KubernetesObject | object): void {
    if (!this.stream.writableEnded) this.stream.write(`${JSON.stringify({ type, object })}\n`);
  }
}
