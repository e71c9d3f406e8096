import type { KubernetesObject } from '../kubernetes-object.js';
import { failed, pending, reader, settled, type WorkloadHealth } from './workload-health.js';

/** A finished Job is as well as a running one. `current` counts Pods that run or have succeeded. */
export function jobHealth(object: KubernetesObject): WorkloadHealth {
  const { number, flag, condition } = reader(object);
  const desired = number('spec', 'completions', number('spec', 'parallelism', 1));
  const succeeded = number('status', 'succeeded');
  const current = succeeded + number('status', 'ready');
  const failure = condition('Failed', 'True') ?? condition('FailureTarget', 'True');
  if (failure !== undefined) return failed(current, desired, failure);
  if (condition('Complete', 'True') !== undefined) return settled('Running', succeeded, desired);
  if (flag('spec', 'suspend')) return settled('Stopped', current, desired);
  if (number('status', 'ready') > 0) return settled('Running', current, desired);
  return pending(current, desired, 'NotReady', `${succeeded} of ${desired} completions; no Pod is ready`);
}
