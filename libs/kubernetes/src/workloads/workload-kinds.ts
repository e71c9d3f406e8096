import type { KubernetesObject } from '../kubernetes-object.js';
import { cronJobHealth } from './cron-job-health.js';
import { daemonSetHealth } from './daemon-set-health.js';
import { deploymentHealth } from './deployment-health.js';
import { jobHealth } from './job-health.js';
import { statefulSetHealth } from './stateful-set-health.js';
import type { WorkloadHealth } from './workload-health.js';

/** A kind of computing component. A further kind is a further row. */
export interface WorkloadKind {
  group: string;
  kind: string;
  health: (object: KubernetesObject) => WorkloadHealth;
  /** Where the Pod template stands, from the object's root. */
  podTemplate: readonly string[];
  /** Whether `spec.selector` chooses the Pods, and must agree with the labels of the template. */
  selectsPods: boolean;
}

const WORKLOAD_KINDS: readonly WorkloadKind[] = [
  { group: 'apps', kind: 'Deployment', health: deploymentHealth, podTemplate: ['spec', 'template'], selectsPods: true },
  { group: 'apps', kind: 'StatefulSet', health: statefulSetHealth, podTemplate: ['spec', 'template'], selectsPods: true },
  { group: 'apps', kind: 'DaemonSet', health: daemonSetHealth, podTemplate: ['spec', 'template'], selectsPods: true },
  { group: 'batch', kind: 'Job', health: jobHealth, podTemplate: ['spec', 'template'], selectsPods: false },
  { group: 'batch', kind: 'CronJob', health: cronJobHealth, podTemplate: ['spec', 'jobTemplate', 'spec', 'template'], selectsPods: false },
];

export function findWorkloadKind(group: string, kind: string): WorkloadKind | undefined {
  return WORKLOAD_KINDS.find((row) => row.group === group && row.kind === kind);
}
