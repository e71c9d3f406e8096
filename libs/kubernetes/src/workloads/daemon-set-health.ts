import type { KubernetesObject } from '../kubernetes-object.js';
import { notObserved, pending, reader, settled, type WorkloadHealth } from './workload-health.js';

/** Source: `kubectl rollout status` for DaemonSets. No node fits: stopped, as nothing is wanted anywhere. */
export function daemonSetHealth(object: KubernetesObject): WorkloadHealth {
  const { number, isObserved } = reader(object);
  const desired = number('status', 'desiredNumberScheduled');
  const current = number('status', 'numberReady');
  const scheduled = number('status', 'currentNumberScheduled');
  const updated = number('status', 'updatedNumberScheduled');
  if (!isObserved) return notObserved(current, desired);
  if (desired === 0)
    return scheduled === 0 ? settled('Stopped', 0, 0) : pending(current, 0, 'Stopping', `${scheduled} Pods are still there`);
  if (isRolling(object) && updated < desired)
    return pending(current, desired, 'Updating', `${updated} of ${desired} Pods have the newest template`);
  if (number('status', 'numberAvailable') < desired)
    return pending(current, desired, 'NotAvailable', `${number('status', 'numberAvailable')} of ${desired} Pods are available`);
  return settled('Running', current, desired);
}

const isRolling = (object: KubernetesObject): boolean =>
  ((object.spec as { updateStrategy?: { type?: string } } | undefined)?.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
