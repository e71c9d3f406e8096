import type { KubernetesObject } from '../kubernetes-object.js';
import { withValueAt } from '../object-path.js';
import type { WorkloadKind } from './workload-kinds.js';

/**
 * Where the time of the last restart stands: a template that differs makes the controller replace the Pods, by its own update strategy. The same
 * as `kubectl rollout restart` writes.
 */
export const restartedAtPath = ({ podTemplate }: WorkloadKind): readonly string[] => [
  ...podTemplate,
  'metadata',
  'annotations',
  'kubectl.kubernetes.io/restartedAt',
];

/** The merge patch that makes a workload replace its Pods. */
export const restartPatch = (kind: WorkloadKind, now: Date): object => withValueAt({}, restartedAtPath(kind), now.toISOString());

/** Whether a workload waits with every rollout until it is resumed. */
export const isPaused = (object: KubernetesObject): boolean => (object.spec as { paused?: unknown } | undefined)?.paused === true;
