import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '#kubernetes';
import { StatusError } from './recording-api-server-answer.js';

/** A change of one object, in the order of the revisions. */
export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** `group/resource`. */
  resource: string;
  revision: number;
  object: KubernetesObject;
  /** The object before the change. */
  previous?: KubernetesObject;
}

/** Objects with one revision for all of them, and the history since the last compaction, as etcd keeps it. Stored objects are never changed in place. */
export class ObjectStore {
  revision = 1;
  private readonly objects = new Map<string, Map<string, KubernetesObject>>();
  private history: StoreEvent[] = [];
  private compactedAt = 0;
  private readonly listeners = new Set<(event: StoreEvent) => void>();

  /** In the order of namespace and name. */
  list(resource: string, namespace?: string): KubernetesObject[] {
    const all = [...(this.objects.get(resource) ?? [])].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object);
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  get(resource: string, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.objects.get(resource)?.get(toKey(namespace, name));
  }

  /** Creates or replaces, and gives the object as stored: with its uid, creation time and new resourceVersion. An equal object stays as it is. */
  write(resource: string, object: KubernetesObject): KubernetesObject {
    const previous = this.get(resource, object.metadata.namespace, object.metadata.name ?? '');
    const completed = complete(object, previous);
    if (previous !== undefined && isDeepStrictEqual(previous, completed)) return previous;
    return this.record(resource, completed, previous === undefined ? 'ADDED' : 'MODIFIED', previous);
  }

  /** What `write` would store, but for the resourceVersion. */
  preview(resource: string, object: KubernetesObject): KubernetesObject {
    return complete(object, this.get(resource, object.metadata.namespace, object.metadata.name ?? ''));
  }

  /** Throws when there is no such object. */
  remove(resource: string, namespace: string | undefined, name: string): KubernetesObject {
    const previous = this.get(resource, namespace, name);
    if (previous === undefined) throw new Error(`no ${resource} ${toKey(namespace, name)} to remove`);
    return this.record(resource, structuredClone(previous), 'DELETED', previous);
  }

  /** The changes after `revision`. Throws 410 Expired when the history doesn't reach back that far. */
  since(revision: number): StoreEvent[] {
    if (revision < this.compactedAt) throw new StatusError(410, 'Expired', `too old resource version: ${revision} (${this.compactedAt})`);
    return this.history.filter((event) => event.revision > revision);
  }

  /** Forgets the history: every version before the present one is too old from now on. */
  compact(): void {
    // A revision of its own, so that clients that know the newest object are too late as well.
    this.compactedAt = ++this.revision;
    this.history = [];
  }

  /** Returns the function that unsubscribes. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private record(resource: string, object: KubernetesObject, type: StoreEvent['type'], previous?: KubernetesObject): KubernetesObject {
    const revision = ++this.revision;
    object.metadata.resourceVersion = String(revision);
    const key = toKey(object.metadata.namespace, object.metadata.name ?? '');
    const objects = this.objects.get(resource) ?? new Map<string, KubernetesObject>();
    this.objects.set(resource, objects);
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, object);
    const event = { type, resource, revision, object, ...(previous === undefined ? {} : { previous }) };
    this.history.push(event);
    for (const listener of this.listeners) listener(event);
    return object;
  }
}

function toKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** The fields that the server owns, filled in. */
function complete(object: KubernetesObject, previous: KubernetesObject | undefined): KubernetesObject {
  const { metadata, ...content } = structuredClone(object);
  const changed = previous !== undefined && !isDeepStrictEqual(withoutStatus(previous), withoutStatus(object));
  return {
    ...content,
    metadata: {
      ...metadata,
      uid: previous?.metadata.uid ?? metadata.uid ?? randomUUID(),
      creationTimestamp: previous?.metadata.creationTimestamp ?? new Date().toISOString().replace(/\.\d+/, ''),
      generation: (previous?.metadata.generation ?? 1) + (changed ? 1 : 0),
      ...(previous?.metadata.resourceVersion === undefined ? {} : { resourceVersion: previous.metadata.resourceVersion }),
    },
  };
}

function withoutStatus({ metadata: _metadata, status: _status, ...content }: KubernetesObject): object {
  return content;
}
