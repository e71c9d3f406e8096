import { type KubernetesObject, parseQuantity } from '#kubernetes';
import { completedLimit } from '../quotas/limit-range.js';
import type { Drift } from './namespace-observed.js';

/** An object that is not in the cluster as it should be. */
export interface Deviation {
  object: KubernetesObject;
  reason: Drift['reason'];
}

type Labels = Record<string, string>;

const KEPT = 20;

/**
 * What of a namespace's objects is missing or was changed so that it must be put back: its labels of ownership and its user ids, its bindings.
 * Quotas and limits that were changed are not among them: those may be changed with kubectl too, see `changedHard`.
 */
export function deviations(
  objects: readonly KubernetesObject[],
  live: (ours: KubernetesObject) => KubernetesObject | undefined,
): Deviation[] {
  return objects.flatMap((object): Deviation[] => {
    const found = live(object);
    if (found === undefined) return [{ object, reason: 'Missing' }];
    return isAsIs(object, found) ? [] : [{ object, reason: 'Changed' }];
  });
}

function isAsIs(ours: KubernetesObject, live: KubernetesObject): boolean {
  switch (ours.kind) {
    case 'Namespace':
      return contains(live.metadata.labels, ours.metadata.labels) && contains(live.metadata.annotations, ours.metadata.annotations);
    case 'RoleBinding':
      return text(ours.roleRef) === text(live.roleRef) && text(names(ours.subjects)) === text(names(live.subjects));
    default:
      return true;
  }
}

/** The limits that a ResourceQuota was given past Archon; undefined when they are the same amounts. */
export function changedHard(desired: Readonly<Labels>, quota: KubernetesObject): Labels | undefined {
  const hard = ((quota.spec ?? {}) as { hard?: Labels }).hard ?? {};
  const isSame =
    Object.keys(hard).length === Object.keys(desired).length &&
    Object.entries(desired).every(([key, amount]) => isEqual(hard[key], amount));
  return isSame ? undefined : hard;
}

/**
 * The limits that a LimitRange was given past Archon; undefined when they are the same, in whatever order Postgres gives the keys, and but for
 * what the API server adds.
 */
export function changedLimits(
  desired: readonly unknown[] | undefined,
  range: KubernetesObject | undefined,
): readonly unknown[] | undefined {
  const { limits } = (range?.spec ?? {}) as { limits?: unknown[] };
  return limits === undefined || text(limits) === text(desired?.map(completedLimit)) ? undefined : limits;
}

/** What was found last, before what was found earlier; the same again only once. */
export function addDrift(found: readonly Drift[], before: readonly Drift[]): Drift[] {
  const isKnown = (drift: Drift) =>
    found.some(
      ({ target, reason, message }) =>
        target === drift.target && reason === drift.reason && message === drift.message && drift.repairedAt === undefined,
    );
  return [...found, ...before.filter((drift) => !isKnown(drift))].slice(0, KEPT);
}

const isEqual = (one: string | undefined, other: string): boolean => one !== undefined && parseQuantity(one) === parseQuantity(other);

const contains = (all: Labels | undefined, some: Labels | undefined): boolean =>
  Object.entries(some ?? {}).every(([key, value]) => all?.[key] === value);

const names = (subjects: unknown): string[] =>
  ((subjects ?? []) as { kind?: string; name?: string }[]).map(({ kind, name }) => `${kind}/${name}`).sort();

/** Keys in one order. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_key, below: unknown) => (isPlain(below) ? Object.fromEntries(Object.entries(below).sort()) : below));

const isPlain = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
