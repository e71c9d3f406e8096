import { type KubernetesObject, type ResourceType } from '#kubernetes';
import { objectRefs } from './object-refs.js';
import { objectStatus } from './object-status.js';
import { type OmittedField, trimmedObject } from './trimmed-object.js';

/** An object as the index stores it: columns that lists filter and sort by, and the trimmed object as JSON. */
export interface ObjectRow {
  uid: string;
  /** Empty for an object of the whole cluster. */
  namespace: string;
  name: string;
  createdAt: string;
  resourceVersion: string;
  status: string;
  owners: string[];
  /** What it refers to by name: see `objectRefs`. */
  refs: string[];
  /** JSON. */
  labels: string;
  /** JSON. */
  body: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Sorts behind everything: some kinds are made on the fly and never were created. */
const NEVER = '1970-01-01T00:00:00Z';
/** What Postgres refuses in a jsonb: NUL, and halves of surrogate pairs. The search is rough, the repair is exact. */
const MAY_BE_REFUSED = /\\u(0000|[dD][89a-fA-F])/;

/** Undefined when the object has no identity that lasts: such a kind can't be followed. */
export function toObjectRow(
  item: KubernetesObject,
  type: Pick<ResourceType, 'group' | 'version' | 'kind' | 'resource'>,
  omitted: readonly OmittedField[],
): ObjectRow | undefined {
  const { name, namespace = '', resourceVersion = '', labels = {}, ownerReferences = [] } = item.metadata;
  const uid = lastingUid(item);
  if (uid === undefined || name === undefined) return undefined;
  const object = withType(item, type);
  return {
    uid,
    namespace,
    name,
    createdAt: createdAtOf(object),
    resourceVersion,
    status: objectStatus(object),
    owners: [...new Set(ownerReferences.flatMap((owner) => toUid(owner.uid) ?? []))],
    refs: objectRefs(object),
    labels: storable(JSON.stringify(labels)),
    body: storable(JSON.stringify(trimmedObject(object, indexedName(type), omitted))),
  };
}

/** Items of a list tell neither their version nor their kind. */
export function withType(
  item: KubernetesObject,
  { group, version, kind }: Pick<ResourceType, 'group' | 'version' | 'kind'>,
): KubernetesObject {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return { ...item, apiVersion: item.apiVersion ?? apiVersion, kind: item.kind ?? kind };
}

/** What tells an object from a later one of its name; undefined where the API server makes none. */
export const lastingUid = ({ metadata: { uid } }: KubernetesObject): string | undefined => toUid(uid);

/** Undefined for anything that is no UUID. */
export const toUid = (uid: string | undefined): string | undefined => (uid !== undefined && UUID.test(uid) ? uid.toLowerCase() : undefined);

/** `deployments.apps`; the core group has no suffix. */
const indexedName = ({ group, resource }: Pick<ResourceType, 'group' | 'resource'>): string =>
  group === '' ? resource : `${resource}.${group}`;

export function createdAtOf({ metadata: { creationTimestamp } }: KubernetesObject): string {
  return typeof creationTimestamp === 'string' && !Number.isNaN(Date.parse(creationTimestamp)) ? creationTimestamp : NEVER;
}

/** One odd object must not keep the others of its batch out. */
export function storable(json: string): string {
  if (!MAY_BE_REFUSED.test(json)) return json;
  // An even number of backslashes before it is text that only looks like an escape.
  return json.replace(/\\(u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}|[^])/g, (escape) =>
    /^\\u/.test(escape) && escape.length === 6 ? '\\ufffd' : escape,
  );
}
