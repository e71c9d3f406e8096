import type { StatusCause } from '#errors';
import { rolloutOf, rolloutPods } from './rolling-update.js';
import type { KubeOvnForm, NetworkForm, WorkloadForm } from './workload-form.dto.js';

/**
 * Annotations of the Pods that the network of the cluster reads: Kube-OVN's `ovn.kubernetes.io/…` (rates in Mbit/s, `ip_pool` a list of
 * addresses of which each Pod gets one), Calico's `cni.projectcalico.org/ipAddrs` (a JSON list).
 */
export function networkAnnotations({ kubeOvn, calico }: NetworkForm = {}): Record<string, string> {
  return {
    ...(kubeOvn === undefined ? {} : kubeOvnAnnotations(kubeOvn)),
    ...(calico?.staticIPs === undefined ? {} : { 'cni.projectcalico.org/ipAddrs': JSON.stringify(calico.staticIPs) }),
  };
}

/** What is wrong with the network of the workload at the path `at`. */
export function networkCauses(at: string, workload: WorkloadForm): StatusCause[] {
  const { kubeOvn, calico } = workload.network ?? {};
  return [
    ...(kubeOvn === undefined || calico === undefined
      ? []
      : [{ field: `${at}.network`, message: 'names two networks, and a cluster has one: keep kubeOvn or calico' }]),
    ...addressCauses(`${at}.network.kubeOvn.staticIPs`, workload, kubeOvn?.staticIPs),
    ...addressCauses(`${at}.network.calico.staticIPs`, workload, calico?.staticIPs),
  ];
}

function kubeOvnAnnotations({ ingressRateMbps, egressRateMbps, subnet, staticIPs }: KubeOvnForm): Record<string, string> {
  const values = { ingress_rate: ingressRateMbps, egress_rate: egressRateMbps, logical_switch: subnet, ip_pool: staticIPs?.join(',') };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[`ovn.kubernetes.io/${name}`, String(value)]])),
  );
}

/** An update that may miss no Pod needs a further address for the first Pod that it adds. */
function addressCauses(
  field: string,
  { kind, replicas = 1, updateStrategy }: WorkloadForm,
  addresses: string[] | undefined,
): StatusCause[] {
  if (addresses === undefined || kind === 'DaemonSet') return [];
  const given = addresses.length;
  if (given < replicas) return [{ field, message: `has ${given} for ${replicas} Pods: give at least as many addresses as replicas` }];
  if (kind === 'StatefulSet' || given > replicas || replicas === 0) return [];
  if (rolloutPods(rolloutOf(kind, updateStrategy), replicas).unavailable > 0) return [];
  return [{ field, message: `has none to spare, and an update may miss no Pod: give one more, or let maxUnavailable be at least one Pod` }];
}
