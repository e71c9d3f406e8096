import type { ClusterConnection, Identity, KubernetesObject, ResourceRef } from '#kubernetes';

/** One change of one object. All applies of a plan stand before its deletes. */
export interface StepPlan {
  action: 'apply' | 'delete';
  /** For people: `Deployment.apps "web"`. */
  target: string;
  ref: ResourceRef;
  /** The object to apply, made when its turn comes from the results of the steps before it. */
  object?: (results: readonly KubernetesObject[]) => KubernetesObject;
  /** What Archon had applied before; absent when the step makes the object, which then must not exist. */
  previous?: KubernetesObject;
  /** Deletes only the object of this UID. */
  uid?: string;
}

/** A change over several objects of one cluster, made as one caller. */
export interface OperationPlan {
  kind: 'CreateApplication' | 'UpdateApplication' | 'DeleteApplication';
  cluster: ClusterConnection;
  identity: Identity;
  namespace: string;
  name: string;
  steps: StepPlan[];
}
