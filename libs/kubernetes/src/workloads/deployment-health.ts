import type { KubernetesObject } from '../kubernetes-object.js';
import { failed, notObserved, pending, reader, settled, type WorkloadHealth } from './workload-health.js';

/** Source: "Deployment status" of the Kubernetes documentation, and `kubectl rollout status`. */
export function deploymentHealth(object: KubernetesObject): WorkloadHealth {
  const { number, condition, isObserved } = reader(object);
  const desired = number('spec', 'replicas', 1);
  const current = number('status', 'readyReplicas');
  const replicas = number('status', 'replicas');
  const updated = number('status', 'updatedReplicas');
  const available = number('status', 'availableReplicas');
  if (!isObserved) return notObserved(current, desired);
  if (desired === 0) return replicas === 0 ? settled('Stopped', 0, 0) : pending(current, 0, 'Stopping', `${replicas} Pods are still there`);
  const givenUp = condition('Progressing', 'False') ?? condition('ReplicaFailure', 'True');
  if (givenUp !== undefined) return failed(current, desired, givenUp);
  if (updated < desired) return pending(current, desired, 'Updating', `${updated} of ${desired} Pods have the newest template`);
  if (replicas > updated) return pending(current, desired, 'Updating', `${replicas - updated} Pods of an older template are still there`);
  if (available < updated) return pending(current, desired, 'NotAvailable', `${available} of ${updated} Pods are available`);
  return settled('Running', current, desired);
}
