import { conflict } from '#errors';
import {
  describeObject,
  findWorkloadKind,
  isPaused,
  isStopped,
  type KubernetesObject,
  parseApiVersion,
  restartedAtPath,
  restartPatch,
  settlePatch,
  startPatch,
  stopPatch,
  valueAt,
  withValueAt,
  type WorkloadKind,
} from '#kubernetes';
import type { StepPlan } from '../operations/operation-plan.js';
import { type Component, configurationOf } from './application-changes.js';

/** A component and the JSON merge patch that changes it. */
export type ComponentPatch = Component & { patch: object };

interface Workload {
  component: Component;
  kind: WorkloadKind;
}

/**
 * Stops every workload that is not stopped yet; `domain` is the base domain of labels. What stands still by itself is marked as such, so that it
 * stands still after the start too; but where everything stands still, nothing was stopped by this, and there is nothing to remember.
 */
export function stopOf(components: readonly Component[], domain: string): ComponentPatch[] {
  const workloads = workloadsOf(components).filter(({ component, kind }) => kind.hasEnded?.(component.object) !== true);
  if (workloads.every(({ component, kind }) => isStopped(component.object, kind, domain))) return [];
  return patchesOf(workloads, ({ object }, kind) => stopPatch(object, kind, domain));
}

/** Starts every workload that stands still and did not do so already when it was stopped. */
export function startOf(components: readonly Component[], domain: string): ComponentPatch[] {
  return patchesOf(workloadsOf(components), ({ object }, kind) => startPatch(object, kind, domain));
}

/** Rolls every workload that runs and can. Throws 409 where one would wait with it: see `isPaused`. */
export function restartOf(components: readonly Component[], domain: string, now: Date): ComponentPatch[] {
  return patchesOf(workloadsOf(components), ({ object }, kind) => {
    if (!rolls(object, kind, domain)) return undefined;
    requireResumed(object);
    return restartPatch(kind, now);
  });
}

/** Cleans up after an update, the components being as it leaves them: what it has brought to run again remembers no stop. */
export function settleOf(components: readonly Component[], domain: string): ComponentPatch[] {
  return patchesOf(workloadsOf(components), ({ object }, kind) => settlePatch(object, kind, domain));
}

/**
 * A component that an update keeps, as it makes it. Where the update says nothing of whether and how much a workload runs, and when its Pods were
 * replaced, that stays: what is stopped stays stopped. `rollAt` makes it replace its Pods too, where it runs and can; throws 409 where it would wait.
 */
export function updated<T extends Component & { live: KubernetesObject }>(component: T, domain: string, rollAt?: Date): T {
  const kind = kindOf(component.object);
  if (kind === undefined) return component;
  const { live } = component;
  const earlier = configurationOf(live);
  const [head] = kind.stop(domain);
  const restartedAt = restartedAtPath(kind);
  const object = [head.path, restartedAt].reduce((wanted, path) => {
    const value = valueAt(wanted, path) ?? valueAt(earlier, path);
    return value === undefined ? wanted : withValueAt(wanted, path, value);
  }, component.object);
  const state = valueAt(object, head.path) === undefined ? live : object;
  if (rollAt === undefined || !rolls(state, kind, domain)) return { ...component, object };
  requireResumed(valueAt(object, ['spec', 'paused']) === undefined ? live : object);
  return { ...component, object: withValueAt(object, restartedAt, rollAt.toISOString()) };
}

/** What gives a component back as it is, with how much it runs, whoever has scaled it: a field that nobody applies falls back to its default. */
export function restorable(live: KubernetesObject, domain: string): KubernetesObject {
  const path = kindOf(live)?.stop(domain)[0].path ?? [];
  const value = valueAt(live, path);
  return path.length === 0 || value === undefined ? configurationOf(live) : withValueAt(configurationOf(live), path, value);
}

export const patchStep = ({ ref, object, patch }: ComponentPatch): StepPlan => ({
  action: 'patch',
  target: describeObject(object),
  ref,
  patch,
});

/** Workloads last: what their Pods read is there before new ones begin. */
export const workloadsLast = <T extends Component>(components: readonly T[]): T[] =>
  components.toSorted((a, b) => Number(kindOf(a.object) !== undefined) - Number(kindOf(b.object) !== undefined));

const kindOf = ({ apiVersion, kind }: KubernetesObject): WorkloadKind | undefined =>
  findWorkloadKind(parseApiVersion(apiVersion).group, kind);

const workloadsOf = (components: readonly Component[]): Workload[] =>
  components.flatMap((component) => {
    const kind = kindOf(component.object);
    return kind === undefined ? [] : [{ component, kind }];
  });

const patchesOf = (
  workloads: readonly Workload[],
  patchOf: (component: Component, kind: WorkloadKind) => object | undefined,
): ComponentPatch[] =>
  workloads.flatMap(({ component, kind }) => {
    const patch = patchOf(component, kind);
    return patch === undefined ? [] : [{ ...component, patch }];
  });

const rolls = (object: KubernetesObject, kind: WorkloadKind, domain: string): boolean => kind.rolls && !isStopped(object, kind, domain);

function requireResumed(object: KubernetesObject): void {
  if (!isPaused(object)) return;
  const { kind, metadata } = object;
  throw conflict(`${describeObject(object)} is paused, so that its Pods would not be replaced: resume it first (spec.paused)`, {
    kind,
    name: metadata.name ?? '',
  });
}
