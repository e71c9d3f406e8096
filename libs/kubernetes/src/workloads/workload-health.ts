import type { KubernetesObject } from '../kubernetes-object.js';

/** Running: all Pods of the wanted version are ready. Stopped: none wanted, none there. Failed: the cluster gave up. Pending: on its way. */
export type WorkloadState = 'Running' | 'Pending' | 'Stopped' | 'Failed';

export interface WorkloadHealth {
  state: WorkloadState;
  /** Pods that are ready. */
  current: number;
  /** Pods that are wanted. */
  desired: number;
  messages: { reason: string; message: string }[];
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** Typed reading of the fields that health needs; an absent or odd field reads as absent. */
export function reader(object: KubernetesObject) {
  const at = (section: 'spec' | 'status', field: string): unknown => (object[section] as Record<string, unknown> | undefined)?.[field];
  const conditions = at('status', 'conditions');
  return {
    number: (section: 'spec' | 'status', field: string, absent = 0): number => {
      const value = at(section, field);
      return typeof value === 'number' ? value : absent;
    },
    flag: (section: 'spec' | 'status', field: string): boolean => at(section, field) === true,
    text: (section: 'spec' | 'status', field: string): string | undefined => {
      const value = at(section, field);
      return typeof value === 'string' ? value : undefined;
    },
    condition: (type: string, status: string): Condition | undefined =>
      Array.isArray(conditions)
        ? (conditions as Condition[]).find((condition) => condition.type === type && condition.status === status)
        : undefined,
    /** Whether the controller has seen the newest spec: before that its status speaks of an older one. */
    isObserved:
      (object.metadata.generation ?? 0) <=
      (typeof at('status', 'observedGeneration') === 'number' ? (at('status', 'observedGeneration') as number) : 0),
  };
}

export function failed(current: number, desired: number, condition: Condition): WorkloadHealth {
  return {
    state: 'Failed',
    current,
    desired,
    messages: [{ reason: condition.reason ?? condition.type, message: condition.message ?? '' }],
  };
}

export const pending = (current: number, desired: number, reason: string, message: string): WorkloadHealth => ({
  state: 'Pending',
  current,
  desired,
  messages: [{ reason, message }],
});

export const settled = (state: 'Running' | 'Stopped', current: number, desired: number): WorkloadHealth => ({
  state,
  current,
  desired,
  messages: [],
});

export const notObserved = (current: number, desired: number): WorkloadHealth =>
  pending(current, desired, 'NotObserved', 'the controller has not yet seen the newest specification');
