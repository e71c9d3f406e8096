import type { ApiClient } from './api-client.js';

interface Node {
  metadata: { name: string };
  spec?: { taints?: { key: string }[] };
  status?: { conditions?: { type: string; status: string; lastHeartbeatTime?: string }[] };
}

// Each answers true, or undefined for "not yet".
type Readiness = Promise<true | undefined>;

/** Pods can be made in a namespace once its ServiceAccount exists. */
export async function serviceAccountsMade(api: ApiClient): Readiness {
  return (await api.find('/api/v1/namespaces/default/serviceaccounts/default')) ? true : undefined;
}

export async function metricsServed(api: ApiClient): Readiness {
  return (await api.find('/apis/metrics.k8s.io/v1beta1')) ? true : undefined;
}

/** `since`: when the kubelet was started; etcd may still hold what its predecessor said. */
export async function realNodeReady(api: ApiClient, name: string, since: Date | undefined): Readiness {
  const node = await api.find<Node>(`/api/v1/nodes/${name}`);
  return node && isReady(node, since) ? true : undefined;
}

export async function fakeNodesReady(api: ApiClient, names: readonly string[]): Readiness {
  const nodes = await api.find<{ items: Node[] }>('/api/v1/nodes?labelSelector=type%3Dkwok');
  const ready = new Set(nodes?.items.filter((node) => isReady(node, undefined)).map((node) => node.metadata.name));
  return names.every((name) => ready.has(name)) ? true : undefined;
}

function isReady(node: Node, since: Date | undefined): boolean {
  const condition = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (condition?.status !== 'True') return false;
  // Heartbeats come in whole seconds.
  if (since && Date.parse(condition.lastHeartbeatTime ?? '') < Math.floor(since.getTime() / 1000) * 1000) return false;
  return !node.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready' || key === 'node.kubernetes.io/unreachable');
}
