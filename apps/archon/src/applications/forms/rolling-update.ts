import type { StatusCause } from '#errors';
import type { UpdateStrategyForm, WorkloadForm } from './workload-form.dto.js';

/** An absolute number, or a percentage of the replicas such as `20%`. */
type Amount = number | string;

interface Rollout {
  maxSurge: Amount;
  maxUnavailable: Amount;
}

/**
 * How many Pods more and fewer than wanted an update may have: a percentage is rounded up for the surge and down for those that may be
 * missing. Where both come to nothing, one may be missing, or no update would ever go on (Kubernetes, ResolveFenceposts).
 */
export function rolloutPods({ maxSurge, maxUnavailable }: Rollout, replicas: number): { surge: number; unavailable: number } {
  const surge = Math.ceil(podsOf(maxSurge, replicas));
  const unavailable = Math.floor(podsOf(maxUnavailable, replicas));
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** What is not said of a Deployment is 1. A DaemonSet has either: without a word one Pod may be missing, with a surge none. */
export function rolloutOf(kind: 'Deployment' | 'DaemonSet', { maxSurge, maxUnavailable }: UpdateStrategyForm = {}): Rollout {
  if (kind === 'Deployment') return { maxSurge: maxSurge ?? 1, maxUnavailable: maxUnavailable ?? 1 };
  const surge = maxSurge ?? 0;
  return { maxSurge: surge, maxUnavailable: maxUnavailable ?? (isNone(surge) ? 1 : 0) };
}

/** The field of `spec` that says how Pods are replaced. */
export function strategyOf({ kind, updateStrategy }: WorkloadForm): Record<string, unknown> {
  if (kind === 'StatefulSet')
    return { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: updateStrategy?.partition ?? 0 } } };
  const strategy = { type: 'RollingUpdate', rollingUpdate: rolloutOf(kind, updateStrategy) };
  return kind === 'Deployment' ? { strategy } : { updateStrategy: strategy };
}

/** What is wrong with the `updateStrategy` at the path `at`. */
export function strategyCauses(at: string, { kind, updateStrategy = {} }: WorkloadForm): StatusCause[] {
  const { maxSurge, maxUnavailable, partition } = updateStrategy;
  if (kind === 'StatefulSet')
    return Object.entries({ maxSurge, maxUnavailable }).flatMap(([field, amount]) =>
      amount === undefined ? [] : [{ field: `${at}.${field}`, message: 'is not of a StatefulSet: set partition, or leave it out' }],
    );
  const causes: StatusCause[] =
    partition === undefined
      ? []
      : [{ field: `${at}.partition`, message: `is not of a ${kind}: set maxSurge and maxUnavailable, or leave it out` }];
  const rollout = rolloutOf(kind, updateStrategy);
  const [noSurge, noneMissing] = [isNone(rollout.maxSurge), isNone(rollout.maxUnavailable)];
  if (noSurge && noneMissing)
    causes.push({
      field: `${at}.maxUnavailable`,
      message: `must not be 0 while maxSurge is ${maxSurge ?? '0 by default'}: no update would ever go on. Raise either`,
    });
  if (kind === 'DaemonSet' && !noSurge && !noneMissing)
    causes.push({ field: `${at}.maxSurge`, message: 'of a DaemonSet must be 0 while maxUnavailable is not: set either to 0' });
  return causes;
}

const isNone = (amount: Amount): boolean => Number.parseInt(String(amount), 10) === 0;

const podsOf = (amount: Amount, replicas: number): number =>
  typeof amount === 'number' ? amount : (Number.parseInt(amount, 10) * replicas) / 100;
