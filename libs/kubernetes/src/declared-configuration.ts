import { pickFields, unionOf } from './field-set.js';
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
  const fields = entries.map(({ fieldsV1 = {} }) => fieldsV1).reduce(unionOf);
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const picked = pickFields(object, fields);
  const metadata = { ...(picked.metadata as object | undefined), name, ...(namespace === undefined ? {} : { namespace }) };
  return { ...picked, apiVersion, kind, metadata };
}

/** The subresource `scale` is another way to the same field; the others hold what was observed. */
const isDeclared = ({ manager, subresource = '' }: ManagedFieldsEntry): boolean =>
  (subresource === '' || subresource === 'scale') && !CONTROLLERS.has(manager);
