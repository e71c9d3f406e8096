import type { V1OwnerReference } from '@kubernetes/client-node';

/** `metav1.ObjectMeta` as far as Archon reads it; other fields pass through untouched. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: V1OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
  [field: string]: unknown;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  subresource?: string;
  apiVersion?: string;
  time?: string;
  fieldsV1?: Record<string, unknown>;
}

/** Any Kubernetes object: raw JSON in, raw JSON out. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export interface KubernetesList {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number; [field: string]: unknown };
  items: KubernetesObject[];
}

/** `apps/v1` → group `apps`, version `v1`; `v1` → the core group, written as the empty string. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** An object as it could be written down: without `status` and what the API server fills into its metadata. */
export function withoutServerFields(object: KubernetesObject): KubernetesObject {
  const { status: _status, ...rest } = object;
  const {
    uid: _u,
    resourceVersion: _r,
    generation: _g,
    creationTimestamp: _c,
    deletionTimestamp: _d,
    managedFields: _m,
    selfLink: _s,
    ...metadata
  } = object.metadata;
  return { ...rest, metadata };
}

/** `Deployment.apps "web"`, as kubectl names an object; the core group has no suffix. */
export function describeObject(object: { apiVersion: string; kind: string; metadata?: { name?: string } }): string {
  const { group } = parseApiVersion(object.apiVersion);
  return `${object.kind}${group === '' ? '' : `.${group}`} "${object.metadata?.name ?? ''}"`;
}
