import { appliedConfiguration, FIELD_MANAGER, type KubernetesObject, parseQuantity, withoutServerFields } from '#kubernetes';
import type { NamespaceDesired } from './namespace-desired.js';
import type { NamespaceObserved } from './namespace-observed.js';
import type { NamespaceRequest } from './namespace-request.js';

interface QuotaObject {
  spec?: { hard?: Record<string, string> };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

/** What of a Namespace and of its ResourceQuota `default` is remembered. */
export function toObserved(namespace: KubernetesObject, quota: KubernetesObject | undefined): NamespaceObserved {
  const { uid = '', resourceVersion = '', labels = {}, annotations = {}, creationTimestamp = '', deletionTimestamp } = namespace.metadata;
  const { spec, status } = (quota ?? {}) as QuotaObject;
  const phase = (namespace.status as { phase?: string } | undefined)?.phase ?? 'Active';
  return {
    uid,
    resourceVersion,
    phase: deletionTimestamp === undefined ? phase : 'Terminating',
    labels,
    annotations,
    creationTimestamp,
    hard: spec?.hard ?? {},
    used: status?.used ?? {},
  };
}

/** What a new namespace is to be. */
export const toDesired = ({ labels, annotations, hard, limits, podSecurity, overCommit }: NamespaceRequest): NamespaceDesired => ({
  labels: labels ?? {},
  annotations: annotations ?? {},
  hard: hard ?? {},
  podSecurity: podSecurity ?? {},
  ...(limits === undefined ? {} : { limits }),
  ...(overCommit === undefined ? {} : { overCommit }),
});

/** The same namespace after a change: what the request does not mention stays. */
export const toChanged = (before: NamespaceDesired, request: NamespaceRequest): NamespaceDesired => ({
  ...before,
  ...toDesired({ ...before, ...request }),
});

/** Of each quota key the larger quantity: what is claimed while a change is under way, which may yet be undone. */
export function larger(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): Record<string, string> {
  const all: Record<string, string> = { ...one };
  for (const [key, quantity] of Object.entries(other)) {
    const present = all[key];
    if (present === undefined || (parseQuantity(quantity) ?? 0n) > (parseQuantity(present) ?? 0n)) all[key] = quantity;
  }
  return all;
}

/**
 * A merge patch that takes from a live ResourceQuota the types that ours does not have: applying ours leaves those that somebody else has
 * set. Undefined where there are none.
 */
export function excessPatch(live: KubernetesObject | undefined, ours: KubernetesObject): object | undefined {
  const [has, wants] = [live, ours].map((object) => Object.keys((object?.spec as { hard?: object } | undefined)?.hard ?? {}));
  const excess = (has ?? []).filter((key) => wants?.includes(key) !== true);
  return excess.length === 0 ? undefined : { spec: { hard: Object.fromEntries(excess.map((key) => [key, null])) } };
}

/**
 * What a live object has of the fields that an object of ours sets, and the labels and annotations that Archon gave it earlier, which applying
 * ours would take away: what is applied again when the change is undone.
 */
export function previousOf(live: KubernetesObject, ours: KubernetesObject): KubernetesObject {
  const earlier = appliedConfiguration(live, FIELD_MANAGER)?.metadata;
  const pick = (field: 'labels' | 'annotations') => {
    const keys = { ...earlier?.[field], ...ours.metadata[field] };
    return Object.fromEntries(Object.entries(live.metadata[field] ?? {}).filter(([key]) => Object.hasOwn(keys, key)));
  };
  const { metadata: _metadata, ...rest } = withoutServerFields(live);
  const fields = Object.fromEntries(Object.entries(rest).filter(([field]) => field in ours));
  const { name, namespace } = live.metadata;
  return {
    ...fields,
    apiVersion: ours.apiVersion,
    kind: ours.kind,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      labels: pick('labels'),
      annotations: pick('annotations'),
    },
  };
}
