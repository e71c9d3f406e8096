import type { KubernetesObject } from '../kubernetes-object.js';
import { cronJobHealth } from './cron-job-health.js';
import { daemonSetHealth } from './daemon-set-health.js';
import { deploymentHealth } from './deployment-health.js';
import { jobHasEnded, jobHealth } from './job-health.js';
import { replicaSetHealth } from './replica-set-health.js';
import { statefulSetHealth } from './stateful-set-health.js';
import { boundToNoNode, scaledToNone, scaledToNoneWithClaims, type StopFieldsOf, suspended } from './stop-fields.js';
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
  /** How it is stopped. */
  stop: StopFieldsOf;
  /** Whether Pods are replaced when the template changes: the kinds that `kubectl rollout restart` takes. */
  rolls: boolean;
  /** Whether an object is over for good, so that there is nothing to stop or start; absent where that never comes. */
  hasEnded?: (object: KubernetesObject) => boolean;
}

/** Where most kinds have their Pod template. */
const podTemplate = ['spec', 'template'];

const WORKLOAD_KINDS: readonly WorkloadKind[] = [
  { group: 'apps', kind: 'Deployment', health: deploymentHealth, podTemplate, selectsPods: true, stop: scaledToNone, rolls: true },
  {
    group: 'apps',
    kind: 'StatefulSet',
    health: statefulSetHealth,
    podTemplate,
    selectsPods: true,
    stop: scaledToNoneWithClaims,
    rolls: true,
  },
  { group: 'apps', kind: 'DaemonSet', health: daemonSetHealth, podTemplate, selectsPods: true, stop: boundToNoNode, rolls: true },
  { group: 'apps', kind: 'ReplicaSet', health: replicaSetHealth, podTemplate, selectsPods: true, stop: scaledToNone, rolls: false },
  {
    group: 'batch',
    kind: 'Job',
    health: jobHealth,
    podTemplate,
    selectsPods: false,
    stop: suspended,
    rolls: false,
    hasEnded: jobHasEnded,
  },
  {
    group: 'batch',
    kind: 'CronJob',
    health: cronJobHealth,
    podTemplate: ['spec', 'jobTemplate', 'spec', 'template'],
    selectsPods: false,
    stop: suspended,
    rolls: false,
  },
];

export function findWorkloadKind(group: string, kind: string): WorkloadKind | undefined {
  return WORKLOAD_KINDS.find((row) => row.group === group && row.kind === kind);
}
