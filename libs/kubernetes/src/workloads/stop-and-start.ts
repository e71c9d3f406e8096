import type { KubernetesObject } from '../kubernetes-object.js';
import { valueAt, withValueAt } from '../object-path.js';
import type { StopField, StopFields } from './stop-fields.js';
import type { WorkloadKind } from './workload-kinds.js';

type Value = StopField['stopped'];
/** A field and what it becomes; null takes it away. */
type Change = [path: readonly string[], value: Value | null];

/**
 * Whether a workload stands still by what it says itself, whoever has stopped it; whether Pods are still there is its health's to say. `domain`
 * is the base domain of labels.
 */
export function isStopped(object: KubernetesObject, kind: WorkloadKind, domain: string): boolean {
  const [head] = kind.stop(domain);
  return valueAt(object, head.path) === head.stopped;
}

/**
 * The merge patch that stops a workload, as the cluster holds it, and remembers what it was in annotations. Undefined where there is nothing to do:
 * it was stopped before, or has ended. One that stands still by itself only gets the annotation, by which `startPatch` leaves it as it was.
 */
export function stopPatch(object: KubernetesObject, kind: WorkloadKind, domain: string): object | undefined {
  const [head, ...others] = kind.stop(domain);
  const isRemembered = head.mark === undefined || remembered(object, head) !== undefined;
  const stands = isStopped(object, kind, domain);
  if (kind.hasEnded?.(object) === true || (stands && isRemembered)) return undefined;
  const kept = stands ? [] : others.filter((field) => isSetOtherwise(object, field));
  return toPatch([head, ...kept].flatMap((field) => stopped(object, field)));
}

/**
 * The merge patch that brings a workload back to what `stopPatch` remembered; without that to one replica, or out of its suspension. Undefined where
 * there is nothing to do: it runs, has ended, or stood still already when it was stopped.
 */
export function startPatch(object: KubernetesObject, kind: WorkloadKind, domain: string): object | undefined {
  const fields = kind.stop(domain);
  const [head] = fields;
  if (kind.hasEnded?.(object) === true || !isStopped(object, kind, domain)) return undefined;
  const before = remembered(object, head);
  if (before === head.stopped) return undefined;
  return toPatch([[head.path, before ?? head.started ?? null], ...forgotten(object, fields)]);
}

/** The merge patch that takes away what `stopPatch` has left on a workload that was brought to run again in another way; undefined if nothing is left. */
export function settlePatch(object: KubernetesObject, kind: WorkloadKind, domain: string): object | undefined {
  if (isStopped(object, kind, domain)) return undefined;
  const changes = forgotten(object, kind.stop(domain));
  return changes.length === 0 ? undefined : toPatch(changes);
}

/** What `stop` makes of a field. */
function stopped(object: KubernetesObject, { path, stopped: value, started, mark }: StopField): Change[] {
  if (mark === undefined) return [[path, value]];
  const before = (valueAt(object, path) as Value | undefined) ?? started;
  return [
    [path, value],
    [annotation(mark), String(before)],
  ];
}

/** The other fields as they were, and all marks away. */
function forgotten(object: KubernetesObject, [head, ...others]: StopFields): Change[] {
  const restored = others.flatMap((field): Change[] => {
    const before = remembered(object, field);
    return before === undefined ? [] : [[field.path, before]];
  });
  const marks = [head, ...others].flatMap(({ mark }): Change[] =>
    mark === undefined || valueAt(object, annotation(mark)) === undefined ? [] : [[annotation(mark), null]],
  );
  return [...restored, ...marks];
}

/** The value that a mark tells; undefined where there is none, or none that could be the field's. */
function remembered(object: KubernetesObject, { mark, stopped: like }: StopField): Value | undefined {
  const text = mark === undefined ? undefined : valueAt(object, annotation(mark));
  if (typeof text !== 'string') return undefined;
  if (typeof like === 'number') return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (typeof like === 'boolean') return text === 'true' || text === 'false' ? text === 'true' : undefined;
  return text === '' ? undefined : text;
}

function isSetOtherwise(object: KubernetesObject, { path, stopped: value }: StopField): boolean {
  const set = valueAt(object, path);
  return set !== undefined && set !== value;
}

const annotation = (name: string): string[] => ['metadata', 'annotations', name];

const toPatch = (changes: readonly Change[]): object =>
  changes.reduce<object>((patch, [path, value]) => withValueAt(patch, path, value), {});
