import type { KubernetesObject } from '#kubernetes';

interface ContainerStatus {
  name?: string;
  ready?: boolean;
  started?: boolean;
  state?: {
    waiting?: { reason?: string };
    running?: object;
    terminated?: { reason?: string; signal?: number; exitCode?: number };
  };
}

interface Pod {
  spec?: { initContainers?: { name?: string; restartPolicy?: string }[] };
  status?: {
    phase?: string;
    reason?: string;
    conditions?: { type?: string; status?: string; reason?: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

/** The column STATUS of `kubectl get pods` (`printPod` of Kubernetes): the phase, or what keeps the Pod from it, such as CrashLoopBackOff. */
export function podStatus(object: KubernetesObject): string {
  const { spec, status = {} } = object as Pod;
  if (object.metadata.deletionTimestamp !== undefined) return status.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  const isGated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated') === true;
  const phase = (isGated ? 'SchedulingGated' : undefined) ?? (status.reason || status.phase || 'Unknown');
  return initStatus(spec?.initContainers ?? [], status.initContainerStatuses ?? []) ?? containersStatus(status, phase);
}

/** Undefined when all of them are through: then the containers tell. */
function initStatus(containers: { name?: string; restartPolicy?: string }[], statuses: ContainerStatus[]): string | undefined {
  for (const [index, status] of statuses.entries()) {
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    const isSidecar = containers.find(({ name }) => name === status.name)?.restartPolicy === 'Always';
    if (isSidecar && status.started === true) continue;
    if (terminated !== undefined) return `Init:${endOf(terminated)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${index}/${containers.length}`;
  }
  return undefined;
}

/** The first container that has something to tell decides. */
function containersStatus({ containerStatuses = [], conditions = [] }: NonNullable<Pod['status']>, phase: string): string {
  let reason = phase;
  let isAnyRunning = false;
  for (const { state, ready } of containerStatuses.toReversed()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated !== undefined) reason = endOf(state.terminated);
    else if (ready === true && state?.running !== undefined) isAnyRunning = true;
  }
  if (reason !== 'Completed' || !isAnyRunning) return reason;
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ? 'Running' : 'NotReady';
}

const endOf = ({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode?: number }): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`);
