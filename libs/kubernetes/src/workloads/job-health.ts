import type { KubernetesObject } from '../kubernetes-object.js';
import { failed, pending, reader, settled, type WorkloadHealth } from './workload-health.js';

/** A finished Job is as well as a running one. `current` counts Pods that run or have succeeded. */
export function jobHealth(object: KubernetesObject): WorkloadHealth {
  const { number, flag, condition } = reader(object);
  const desired = number('spec', 'completions', number('spec', 'parallelism', 1));
  const succeeded = number('status', 'succeeded');
  const active = number('status', 'active');
  const current = succeeded + number('status', 'ready');
  const failure = condition('Failed', 'True') ?? condition('FailureTarget', 'True');
  if (failure !== undefined) return failed(current, desired, failure);
  if (isComplete(object)) return settled('Running', succeeded, desired);
  if (flag('spec', 'suspend'))
    return active === 0 ? settled('Stopped', current, desired) : pending(current, desired, 'Stopping', `${active} Pods are still there`);
  if (number('status', 'ready') > 0) return settled('Running', current, desired);
  return pending(current, desired, 'NotReady', `${succeeded} of ${desired} completions; no Pod is ready`);
}

/** Whether a Job is over for good: its controller does nothing more, whatever its specification says. */
export const jobHasEnded = (object: KubernetesObject): boolean =>
  isComplete(object) || reader(object).condition('Failed', 'True') !== undefined;

const isComplete = (object: KubernetesObject): boolean => reader(object).condition('Complete', 'True') !== undefined;
