import { describeObject, type KubernetesObject } from '#kubernetes';
import type { StepPlan } from '../operations/operation-plan.js';
import { excessPatch } from './namespace-state.js';
import { namespaceRef, type NamespacePlace, ownershipLabels, PULL_SECRET_NAME, refOf } from './namespace-objects.js';

/** Steps that apply objects which must not exist yet. */
export const createSteps = (objects: readonly KubernetesObject[], make: (index: number) => KubernetesObject): StepPlan[] =>
  objects.map((object, index) => ({ action: 'apply', target: describeObject(object), ref: refOf(object), object: () => make(index) }));

/** Steps that apply objects of which some may be there: `previous` is what each of them had of what is applied; of a Secret that is not known. */
export const adoptSteps = (
  objects: readonly KubernetesObject[],
  previous: (object: KubernetesObject) => KubernetesObject | undefined,
  make: (index: number) => KubernetesObject,
): StepPlan[] =>
  objects.map((object, index) => {
    const before = previous(object);
    const step: StepPlan = { action: 'apply', target: describeObject(object), ref: refOf(object), object: () => make(index), adopts: true };
    if (before !== undefined) return { ...step, previous: before };
    return object.kind === 'Secret' ? { ...step, respectsOwners: true } : step;
  });

/** Steps that take from quotas that are there the types that ours do not have. */
export const excessSteps = (
  objects: readonly KubernetesObject[],
  live: (object: KubernetesObject) => KubernetesObject | undefined,
): StepPlan[] =>
  objects.flatMap((object): StepPlan[] => {
    const patch = object.kind === 'ResourceQuota' ? excessPatch(live(object), object) : undefined;
    return patch === undefined ? [] : [{ action: 'patch', target: describeObject(object), ref: refOf(object), patch }];
  });

/** Takes a namespace out of its project and keeps what is in it (NS-10). Every step can be done again; none is taken back. */
export function removeSteps(place: NamespacePlace, bindings: readonly string[], domain: string): StepPlan[] {
  const labels = Object.fromEntries(Object.keys(ownershipLabels(place, domain)).map((key) => [key, null]));
  const annotations = { [`app.${domain}/operation`]: null };
  const target = `Namespace "${place.name}"`;
  return [
    { action: 'patch', target, ref: namespaceRef(place.name), patch: { metadata: { labels, annotations } } },
    ...bindings.map((name) => deletion('rbac.authorization.k8s.io', 'RoleBinding', 'rolebindings', place.name, name)),
    deletion('', 'Secret', 'secrets', place.name, PULL_SECRET_NAME),
  ];
}

function deletion(group: string, kind: string, resource: string, namespace: string, name: string): StepPlan {
  const target = `${kind}${group === '' ? '' : `.${group}`} "${name}"`;
  return { action: 'delete', target, ref: { group, version: 'v1', resource, namespace, name } };
}

/** Deletes the namespace of this UID with all in it, and is done when it is gone (NS-11). */
export function deleteSteps(name: string, uid: string | undefined): StepPlan[] {
  const step = { target: `Namespace "${name}"`, ref: namespaceRef(name), ...(uid === undefined ? {} : { uid }) };
  return [
    { action: 'delete', ...step },
    { action: 'gone', ...step },
  ];
}
