import type { KubernetesObject } from '../kubernetes-object.js';
import { notObserved, pending, reader, settled, type WorkloadHealth } from './workload-health.js';

/** Source: `kubectl rollout status` for StatefulSets. With `OnDelete` or a partition the newest revision is never complete: readiness decides. */
export function statefulSetHealth(object: KubernetesObject): WorkloadHealth {
  const { number, text, isObserved } = reader(object);
  const desired = number('spec', 'replicas', 1);
  const current = number('status', 'readyReplicas');
  const replicas = number('status', 'replicas');
  if (!isObserved) return notObserved(current, desired);
  if (desired === 0) return replicas === 0 ? settled('Stopped', 0, 0) : pending(current, 0, 'Stopping', `${replicas} Pods are still there`);
  if (current < desired) return pending(current, desired, 'NotReady', `${current} of ${desired} Pods are ready`);
  if (rollsAll(object) && text('status', 'updateRevision') !== text('status', 'currentRevision'))
    return pending(current, desired, 'Updating', `${number('status', 'updatedReplicas')} of ${desired} Pods have the newest template`);
  return settled('Running', current, desired);
}

function rollsAll(object: KubernetesObject): boolean {
  const strategy = (object.spec as { updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } } } | undefined)
    ?.updateStrategy;
  return (strategy?.type ?? 'RollingUpdate') === 'RollingUpdate' && (strategy?.rollingUpdate?.partition ?? 0) === 0;
}
