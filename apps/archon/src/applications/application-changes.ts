import { isDeepStrictEqual } from 'node:util';
import { FIELD_MANAGER, type KubernetesObject, type ResourceRef, withoutServerFields, writtenConfiguration } from '#kubernetes';

/** An object that is to be, or is, part of an application. */
export interface Component {
  ref: ResourceRef & { name: string };
  object: KubernetesObject;
}

export interface Comparison {
  create: Component[];
  /** Wanted objects that exist, with what they are now. */
  keep: (Component & { live: KubernetesObject })[];
  delete: Component[];
}

/** Which components an update makes, keeps (changed or not) and removes. A cluster serves all versions of a kind as one object. */
export function compareComponents(live: readonly Component[], desired: readonly Component[]): Comparison {
  const liveByKey = new Map(live.map((component) => [keyOf(component.ref), component]));
  const desiredKeys = new Set(desired.map(({ ref }) => keyOf(ref)));
  const comparison: Comparison = { create: [], keep: [], delete: live.filter(({ ref }) => !desiredKeys.has(keyOf(ref))) };
  for (const component of desired) {
    const existing = liveByKey.get(keyOf(component.ref));
    if (existing === undefined) comparison.create.push(component);
    else comparison.keep.push({ ...component, live: existing.object });
  }
  return comparison;
}

/** Whether applying made a difference: the object as a dry run returned it against the object as it is. `ignore` is an annotation that doesn't count. */
export function isChanged(live: KubernetesObject, tried: KubernetesObject, ignore: string): boolean {
  return !isDeepStrictEqual(comparable(live, ignore), comparable(tried, ignore));
}

/** How an object could be written down again: what Archon wrote, or for an object that somebody else made, all but what the server fills in. */
export function configurationOf(object: KubernetesObject): KubernetesObject {
  return writtenConfiguration(object, FIELD_MANAGER) ?? withoutServerFields(object);
}

const keyOf = ({ group, resource, name }: Component['ref']): string => `${group}/${resource}/${name}`;

function comparable(object: KubernetesObject, ignore: string): unknown {
  const { status: _status, ...rest } = object;
  const { resourceVersion: _r, generation: _g, managedFields: _m, annotations = {}, ...metadata } = object.metadata;
  const { [ignore]: _, ...counted } = annotations;
  // Through JSON, so that an absent field equals an undefined one and kept number texts compare as text.
  return JSON.parse(JSON.stringify({ ...rest, metadata: { ...metadata, annotations: counted } }));
}
