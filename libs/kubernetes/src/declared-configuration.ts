import { type FieldSet, pickObject } from './applied-configuration.js';
import type { KubernetesObject, ManagedFieldsEntry } from './kubernetes-object.js';

/** Managers of Kubernetes' own controllers: what they write follows from what others have asked for. */
const CONTROLLERS: ReadonlySet<string | undefined> = new Set([
  'cloud-controller-manager',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
]);

/**
 * What has been asked of an object, by whomever: all fields that somebody else than Kubernetes' own controllers set, by applying, by writing or
 * by scaling. Type, name and namespace are always part of it. Undefined when the object does not tell (no managed fields, or of another
 * version than it was read in).
 */
export function declaredConfiguration(object: KubernetesObject): KubernetesObject | undefined {
  const entries = (object.metadata.managedFields ?? []).filter(isDeclared);
  if (entries.length === 0 || entries.some(({ apiVersion, fieldsV1 }) => fieldsV1 === undefined || apiVersion !== object.apiVersion))
    return undefined;
  const fields = entries.map(({ fieldsV1 = {} }) => fieldsV1).reduce(union);
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const picked = pickObject(object, fields);
  const metadata = { ...(picked.metadata as object | undefined), name, ...(namespace === undefined ? {} : { namespace }) };
  return { ...picked, apiVersion, kind, metadata };
}

/** The subresource `scale` is another way to the same field; the others hold what was observed. */
const isDeclared = ({ manager, subresource = '' }: ManagedFieldsEntry): boolean =>
  (subresource === '' || subresource === 'scale') && !CONTROLLERS.has(manager);

/** An empty set is the whole value. */
function union(a: FieldSet, b: FieldSet): FieldSet {
  if (Object.keys(a).length === 0 || Object.keys(b).length === 0) return {};
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const existing = merged.get(key);
    merged.set(key, existing === undefined || key === '.' ? value : union(existing as FieldSet, value as FieldSet));
  }
  return Object.fromEntries(merged);
}
