import { pickFields, unionOf } from './field-set.js';
import type { KubernetesObject } from './kubernetes-object.js';

/**
 * The part of an object that one manager applied: what its last server-side apply said (Kubernetes: `ExtractInto` of client-go).
 * Undefined when that manager applied nothing. Type, name and namespace are always part of it.
 */
export function appliedConfiguration(object: KubernetesObject, manager: string): KubernetesObject | undefined {
  return configurationOf(object, appliedFields(object, manager));
}

/** The same with what that manager has patched since, which is no longer counted as applied where the patch has changed it. */
export function writtenConfiguration(object: KubernetesObject, manager: string): KubernetesObject | undefined {
  const entry = appliedFields(object, manager);
  const patched = object.metadata.managedFields?.find(
    (fields) => fields.manager === manager && fields.operation === 'Update' && !fields.subresource,
  );
  if (entry?.fieldsV1 === undefined || patched?.fieldsV1 === undefined) return configurationOf(object, entry);
  return configurationOf(object, { ...entry, fieldsV1: unionOf(entry.fieldsV1, patched.fieldsV1) });
}

function configurationOf(object: KubernetesObject, entry: ReturnType<typeof appliedFields>): KubernetesObject | undefined {
  if (entry?.fieldsV1 === undefined) return undefined;
  const picked = pickFields(object, entry.fieldsV1);
  const { name, namespace } = object.metadata;
  const metadata = { ...(picked.metadata as object | undefined), name, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: entry.apiVersion ?? object.apiVersion, kind: object.kind, ...picked, metadata };
}

/**
 * Whether an object came into being when this manager applied it, and was not there before: nobody else wrote it earlier, by the cluster's
 * own clock, which counts in seconds; controllers may write it in the same one. An object that the manager has applied again since, with other
 * contents, counts as one that was there.
 */
export function isMadeBy(object: KubernetesObject, manager: string): boolean {
  const own = appliedFields(object, manager);
  // What is not told is no date, of which no difference is small.
  const since = (time: string | undefined) => Date.parse(own?.time ?? '') - Date.parse(time ?? '');
  const others = (object.metadata.managedFields ?? []).filter((fields) => fields !== own && !fields.subresource);
  return since(object.metadata.creationTimestamp) <= 1000 && others.every(({ time }) => since(time) <= 0);
}

const appliedFields = (object: KubernetesObject, manager: string) =>
  object.metadata.managedFields?.find((fields) => fields.manager === manager && fields.operation === 'Apply' && !fields.subresource);
