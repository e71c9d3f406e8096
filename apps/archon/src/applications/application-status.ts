import { findWorkloadKind, type KubernetesObject, parseApiVersion, type WorkloadState } from '#kubernetes';

type ApplicationState = 'Running' | 'PartialRunning' | 'Stopped' | 'Pending' | 'Empty' | 'Failed';

/** `Application.status` in the words of the platform's API. */
export interface ApplicationStatus {
  state: ApplicationState;
  totalComponents: number;
  workloadsStatus: {
    /** Workloads that are Running or Stopped, as they shall be. */
    ready: number;
    /** Workloads that are Pending or Failed. */
    pending: number;
    workloads: {
      name: string;
      kind: string;
      group: string;
      status: WorkloadState;
      current: number;
      desired: number;
      messages: { reason: string; message: string }[];
    }[];
  };
  conditions?: { type: string; status: 'True' | 'False'; reason: string; message: string }[];
}

/** A kind of components that could not be read, and why. */
export interface UnreadKind {
  kind: string;
  reason: string;
  message: string;
}

/** The status of an application from its components as they are (APP-8). */
export function applicationStatus(components: readonly KubernetesObject[], unread: readonly UnreadKind[] = []): ApplicationStatus {
  const found = components.flatMap((component) => {
    const { group } = parseApiVersion(component.apiVersion);
    const row = findWorkloadKind(group, component.kind);
    if (row === undefined) return [];
    const { state, current, desired, messages } = row.health(component);
    const workload = { name: component.metadata.name ?? '', kind: component.kind, group, status: state, current, desired, messages };
    return [{ workload, isOver: state === 'Running' && row.hasEnded?.(component) === true }];
  });
  const workloads = found.map(({ workload }) => workload);
  const ready = workloads.filter(({ status }) => status === 'Running' || status === 'Stopped').length;
  return {
    state: stateOf(counted(found).map(({ workload }) => workload.status)),
    totalComponents: components.length,
    workloadsStatus: { ready, pending: workloads.length - ready, workloads },
    ...(unread.length === 0
      ? {}
      : {
          conditions: unread.map(({ kind, reason, message }) => ({
            type: 'ComponentsRead',
            status: 'False' as const,
            reason,
            message: `${kind}: ${message}`,
          })),
        }),
  };
}

/** What has ended well neither runs nor can be stopped: it counts only where there is nothing else. */
function counted<T extends { isOver: boolean }>(found: readonly T[]): readonly T[] {
  const lasting = found.filter(({ isOver }) => !isOver);
  return lasting.length > 0 ? lasting : found;
}

function stateOf(states: readonly WorkloadState[]): ApplicationState {
  if (states.length === 0) return 'Empty';
  if (states.includes('Failed')) return 'Failed';
  if (states.includes('Pending')) return 'Pending';
  if (states.every((state) => state === 'Stopped')) return 'Stopped';
  return states.includes('Stopped') ? 'PartialRunning' : 'Running';
}
