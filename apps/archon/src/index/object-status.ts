import { findWorkloadKind, type KubernetesObject, parseApiVersion } from '#kubernetes';
import { podStatus } from './pod-status.js';

type Summary = (object: KubernetesObject) => string | undefined;

/** Kinds whose state stands elsewhere than in `status.phase` or a condition `Ready`. */
const SUMMARIES: Readonly<Record<string, Summary>> = {
  '/Pod': podStatus,
  '/Node': nodeStatus,
  '/Event': ({ type }) => word(type),
};

const LONGEST = 63;

/** One word that tells how an object is doing, as lists show and count it; empty for a kind that has no such state. */
export function objectStatus(object: KubernetesObject): string {
  const { group } = parseApiVersion(object.apiVersion);
  const summary = SUMMARIES[`${group}/${object.kind}`];
  // A Pod that is being deleted may be lost with its node, which only its own rule tells.
  if (object.metadata.deletionTimestamp !== undefined && summary !== podStatus) return 'Terminating';
  return summary?.(object) ?? findWorkloadKind(group, object.kind)?.health(object).state ?? ofAnyKind(object) ?? '';
}

function ofAnyKind(object: KubernetesObject): string | undefined {
  return word(field(object.status, 'phase')) ?? readiness(object);
}

function readiness(object: KubernetesObject): string | undefined {
  const conditions = field(object.status, 'conditions');
  const all: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const ready = all.find((condition) => field(condition, 'type') === 'Ready');
  if (ready === undefined) return undefined;
  const status = field(ready, 'status');
  return status === 'True' ? 'Ready' : status === 'False' ? 'NotReady' : 'Unknown';
}

/** As kubectl writes it; a kubelet that no longer reports leaves the condition `Unknown`, which counts as not ready there too. */
function nodeStatus(object: KubernetesObject): string {
  const ready = readiness(object);
  const state = ready === 'Unknown' ? 'NotReady' : (ready ?? 'Unknown');
  return field(object.spec, 'unschedulable') === true ? `${state},SchedulingDisabled` : state;
}

/** Custom resources may write anything there: a sentence is no state. */
const word = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST && !/\s/.test(value) ? value : undefined;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
