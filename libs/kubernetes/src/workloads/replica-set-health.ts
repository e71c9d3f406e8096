import type { KubernetesObject } from '../kubernetes-object.js';
import { failed, notObserved, pending, reader, settled, type WorkloadHealth } from './workload-health.js';

/** A ReplicaSet keeps a number of Pods and never replaces one for its template: readiness decides. */
export function replicaSetHealth(object: KubernetesObject): WorkloadHealth {
  const { number, condition, isObserved } = reader(object);
  const desired = number('spec', 'replicas', 1);
  const current = number('status', 'readyReplicas');
  const replicas = number('status', 'replicas');
  if (!isObserved) return notObserved(current, desired);
  if (desired === 0) return replicas === 0 ? settled('Stopped', 0, 0) : pending(current, 0, 'Stopping', `${replicas} Pods are still there`);
  const failure = condition('ReplicaFailure', 'True');
  if (failure !== undefined) return failed(current, desired, failure);
  return current < desired
    ? pending(current, desired, 'NotReady', `${current} of ${desired} Pods are ready`)
    : settled('Running', current, desired);
}
