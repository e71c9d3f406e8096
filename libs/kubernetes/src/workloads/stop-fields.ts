/** A field of a workload that `stop` sets. */
export interface StopField {
  /** From the object's root. */
  path: readonly string[];
  /** Its value while the workload is stopped. */
  stopped: number | boolean | string;
  /** Its value once a workload is started of which nothing is remembered; absent: it has none. */
  started?: number | boolean;
  /** The annotation that remembers the value from before; absent where a workload that runs has none. */
  mark?: string;
}

/** What `stop` sets. The first makes the workload stand still, and tells whether it does; the others keep what standing still would lose. */
export type StopFields = readonly [StopField, ...StopField[]];

/** Of one base domain of labels, `cpaas.io` by default. */
export type StopFieldsOf = (domain: string) => StopFields;

/**
 * Scaled to 0. A HorizontalPodAutoscaler leaves a target at 0 replicas alone until somebody scales it again, unless its own `minReplicas` is 0.
 * Source: "Implicit maintenance-mode deactivation" of the Kubernetes documentation.
 */
export const scaledToNone: StopFieldsOf = (domain) => [
  { path: ['spec', 'replicas'], stopped: 0, started: 1, mark: `app.${domain}/replicas-before-stop` },
];

/** The same; claims that go when Pods are scaled away must outlive the stop, or the data would be lost. Source: `StatefulSetSpec`. */
export const scaledToNoneWithClaims: StopFieldsOf = (domain) => [
  ...scaledToNone(domain),
  {
    path: ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenScaled'],
    stopped: 'Retain',
    mark: `app.${domain}/when-scaled-before-stop`,
  },
];

/** Bound to a label that no node has: a DaemonSet's number of Pods is the number of nodes that fit. */
export const boundToNoNode: StopFieldsOf = (domain) => [
  { path: ['spec', 'template', 'spec', 'nodeSelector', `app.${domain}/stopped`], stopped: 'true' },
];

/** A Job loses its Pods, and makes new ones when it goes on; of a CronJob no further Jobs begin, and those that run end by themselves. */
export const suspended: StopFieldsOf = (domain) => [
  { path: ['spec', 'suspend'], stopped: true, started: false, mark: `app.${domain}/suspend-before-stop` },
];
