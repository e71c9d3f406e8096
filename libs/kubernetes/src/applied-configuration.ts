import type { KubernetesObject } from './kubernetes-object.js';

type JsonObject = Record<string, unknown>;
/** `metav1.FieldsV1`: `f:name` a field, `k:{…}` a list item by its keys, `v:…` an item by value, `i:n` by index, `.` the thing itself. */
export type FieldSet = JsonObject;

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
  return configurationOf(object, { ...entry, fieldsV1: union(entry.fieldsV1, patched.fieldsV1) });
}

function configurationOf(object: KubernetesObject, entry: ReturnType<typeof appliedFields>): KubernetesObject | undefined {
  if (entry?.fieldsV1 === undefined) return undefined;
  const picked = pickObject(object, entry.fieldsV1);
  const { name, namespace } = object.metadata;
  const metadata = { ...(picked.metadata as JsonObject | undefined), name, ...(namespace === undefined ? {} : { namespace }) };
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

/** What is in one of two sets of fields, or in both. */
function union(one: FieldSet, other: FieldSet): FieldSet {
  // An empty set means that the whole value is owned.
  if (Object.keys(one).length === 0 || Object.keys(other).length === 0) return {};
  const added = Object.entries(other).map(([key, fields]) => {
    const own = one[key];
    return [key, own === undefined ? fields : union(own as FieldSet, fields as FieldSet)] as const;
  });
  return { ...one, ...Object.fromEntries(added) };
}

function pick(value: unknown, fields: FieldSet): unknown {
  // An empty set means that the whole value is owned.
  if (Object.keys(fields).every((key) => key === '.')) return fields['.'] === undefined || !isContainer(value) ? value : empty(value);
  if (Array.isArray(value)) return pickItems(value, fields);
  return isObject(value) ? pickObject(value, fields) : value;
}

/** The fields of an object that are in a set. */
export function pickObject(value: JsonObject, fields: FieldSet): JsonObject {
  const picked: JsonObject = {};
  for (const [key, below] of Object.entries(fields)) {
    const name = key.slice(2);
    if (key.startsWith('f:') && Object.hasOwn(value, name)) define(picked, name, pick(value[name], below as FieldSet));
  }
  return picked;
}

/** Items keep the order of the live list. */
function pickItems(items: unknown[], fields: FieldSet): unknown[] {
  return items.flatMap((item, index) => {
    for (const [key, below] of Object.entries(fields)) {
      if (!selects(key, item, index)) continue;
      return [key.startsWith('k:') && isObject(item) ? { ...keysOf(key), ...(pick(item, below as FieldSet) as JsonObject) } : item];
    }
    return [];
  });
}

function selects(key: string, item: unknown, index: number): boolean {
  if (key.startsWith('k:'))
    return isObject(item) && Object.entries(keysOf(key)).every(([name, value]) => JSON.stringify(item[name]) === JSON.stringify(value));
  if (key.startsWith('v:')) return JSON.stringify(item) === JSON.stringify(JSON.parse(key.slice(2)));
  return key === `i:${index}`;
}

const keysOf = (key: string): JsonObject => JSON.parse(key.slice(2)) as JsonObject;
const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isObject = (value: unknown): value is JsonObject => isContainer(value) && !Array.isArray(value);
const empty = (value: object): object => (Array.isArray(value) ? [] : {});
const define = (target: JsonObject, name: string, value: unknown) =>
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
