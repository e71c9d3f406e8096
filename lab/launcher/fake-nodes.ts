import type { ApiObject } from './api-client.js';

/** A Node that kwok plays. With `reserved` only pods that tolerate the taint kwok.x-k8s.io/node come to it. */
export function fakeNode(number: number, reserved: boolean): ApiObject {
  const name = `fake-${number}`;
  const resources = { cpu: '32', memory: '256Gi', pods: '2000', 'ephemeral-storage': '256Gi' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: {
        'kwok.x-k8s.io/node': 'fake',
        'metrics.k8s.io/resource-metrics-path': `/metrics/nodes/${name}/metrics/resource`,
        'node.alpha.kubernetes.io/ttl': '0',
      },
      labels: { type: 'kwok', 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
    },
    ...(reserved ? { spec: { taints: [{ key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' }] } } : {}),
    status: { allocatable: resources, capacity: resources },
  };
}

/** What `kubectl logs` of every fake pod shows, in the container runtime's log format. */
export function fakeLog(lines: number, time: Date): string {
  return Array.from({ length: lines }, (_, i) => `${time.toISOString()} stdout F line ${i + 1} of a fake pod\n`).join('');
}
