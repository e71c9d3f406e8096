import type { EntityManager } from 'typeorm';
import type { ClusterConnection, Identity, KubernetesObject, ResourceRef } from '#kubernetes';

/**
 * `apply` (server-side apply) and `create` (the object must not exist: even one that came into being a moment ago is never written) can be taken
 * back. The others can't, and stand behind all of these: `patch` (a JSON merge patch; nothing to do where the object is gone), `delete`, and
 * `gone`, which is done when no object of that name and UID is left.
 */
export type StepAction = 'apply' | 'create' | 'patch' | 'delete' | 'gone';

/** Whether what a step does can be taken back. */
export const isReversible = (action: StepAction): boolean => action === 'apply' || action === 'create';

/** A registered cluster, which may be away. */
export type ClusterName = Pick<ClusterConnection, 'id' | 'name'>;

/** One change of one object. */
export interface StepPlan {
  action: StepAction;
  /** For people: `Deployment.apps "web"`. */
  target: string;
  ref: ResourceRef;
  /** Where the object is, when the operation reaches over several clusters. */
  cluster?: ClusterName;
  /** The object to apply or create, made when its turn comes from the results of the steps before it. */
  object?: (results: readonly KubernetesObject[]) => KubernetesObject;
  /** What the object had of what is applied; absent when the step makes the object, which then must not exist. */
  previous?: KubernetesObject;
  /** The object may exist already: only what is applied is ours, and is given up when the step is taken back. */
  adopts?: boolean;
  /** Takes over nothing that somebody else owns of it: that is a conflict, 409. Where it may exist, what is applied is taken over otherwise. */
  respectsOwners?: boolean;
  /** Of a `patch`. It is kept in the journal as it is: never of a Secret. */
  patch?: object;
  /** Deletes only the object of this UID. */
  uid?: string;
}

export type OperationKind =
  | 'CreateApplication'
  | 'UpdateApplication'
  | 'DeleteApplication'
  | 'StartApplication'
  | 'StopApplication'
  | 'RestartApplication'
  | 'CreateResources'
  | 'CreateNamespace'
  | 'ImportNamespace'
  | 'UpdateNamespace'
  | 'RemoveNamespace'
  | 'DeleteNamespace'
  | 'DeleteProject';

/** A change over several objects of one cluster, asked for by one caller. */
export interface OperationPlan {
  kind: OperationKind;
  /** Of the steps that name none. The way to it is needed where something is applied; else it is looked up when its turn comes. */
  cluster: ClusterConnection | ClusterName;
  identity: Identity;
  /** `archon`: with the platform's rights, after Archon itself has found that the caller may. Else the cluster decides what the caller may. */
  actsAs?: 'archon';
  namespace: string;
  name: string;
  steps: StepPlan[];
  /** What must be stored together with the plan, or not at all. No other operation on the same object is under way then. */
  store?: (manager: EntityManager, operationId: string) => Promise<void>;
  /** Told to the `OperationEnd` of this kind. Never a secret. */
  payload?: object;
}

/** What belongs to the end of an operation, stored in one transaction with it. */
export type OperationEnd = (manager: EntityManager, ended: EndedOperation) => Promise<void>;

export interface EndedOperation {
  id: string;
  phase: 'Succeeded' | 'Undone' | 'Failed';
  clusterId: string;
  namespace: string;
  name: string;
  payload: object | null;
}

/** In the place of a cluster: operations that belong to none. */
export const NO_CLUSTER: ClusterName = { id: '00000000-0000-0000-0000-000000000000', name: '' };

/** How long a request waits for objects to be gone before it leaves that to the background, asking each time. */
export const GONE_POLLS_MS = [50, 100, 250, 500];
