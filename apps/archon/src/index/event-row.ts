import type { KubernetesObject, ResourceType } from '#kubernetes';
import { createdAtOf, lastingUid, storable, toUid, withType } from './object-row.js';
import { type OmittedField, trimmedObject } from './trimmed-object.js';

/** An Event of Kubernetes as the index stores it. */
export interface EventRow {
  uid: string;
  namespace: string;
  createdAt: string;
  resourceVersion: string;
  /** Normal or Warning. */
  type: string;
  reason: string;
  /** The uid of what it is about. */
  regarding: string | null;
  /** When it last happened. */
  seenAt: string;
  /** JSON. */
  body: string;
}

/** As `v1` and as `events.k8s.io/v1`, which name the same things differently. */
interface KubernetesEvent {
  type?: string;
  reason?: string;
  involvedObject?: { uid?: string };
  regarding?: { uid?: string };
  lastTimestamp?: string | null;
  deprecatedLastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { lastObservedTime?: string | null } | null;
}

const EVENT_GROUPS = ['', 'events.k8s.io'];

/** Events are kept apart from objects: there are many, they don't last, and nobody lists them with anything else. */
export const isEvents = ({ group, resource }: Pick<ResourceType, 'group' | 'resource'>): boolean =>
  resource === 'events' && EVENT_GROUPS.includes(group);

/** Undefined when the event has no identity that lasts. */
export function toEventRow(
  item: KubernetesObject,
  type: Pick<ResourceType, 'group' | 'version' | 'kind'>,
  omitted: readonly OmittedField[],
): EventRow | undefined {
  const uid = lastingUid(item);
  if (uid === undefined) return undefined;
  const object = withType(item, type);
  const event = object as KubernetesEvent;
  const { namespace = '', resourceVersion = '' } = object.metadata;
  const regarding = event.involvedObject?.uid ?? event.regarding?.uid;
  const times = [event.series?.lastObservedTime, event.lastTimestamp, event.deprecatedLastTimestamp, event.eventTime];
  const createdAt = createdAtOf(object);
  return {
    uid,
    namespace,
    createdAt,
    resourceVersion,
    type: event.type ?? '',
    reason: event.reason ?? '',
    regarding: toUid(regarding) ?? null,
    seenAt: times.find((time) => typeof time === 'string' && !Number.isNaN(Date.parse(time))) ?? createdAt,
    body: storable(JSON.stringify(trimmedObject(object, 'events', omitted))),
  };
}
