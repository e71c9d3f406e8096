import type { ApiClient } from './api-client.js';

const LABELS = { 'app.kubernetes.io/managed-by': 'archon-lab' };

/** Makes the API server hand metrics.k8s.io on to the metrics-server that listens on a port of this machine. */
export async function registerMetricsApi(api: ApiClient, port: number, authority: string): Promise<void> {
  await api.apply('/api/v1/namespaces/kube-system/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics-server', namespace: 'kube-system', labels: LABELS },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  });
  await api.apply('/apis/apiregistration.k8s.io/v1/apiservices', {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io', labels: LABELS },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      service: { name: 'metrics-server', namespace: 'kube-system', port },
      caBundle: Buffer.from(authority).toString('base64'),
    },
  });
}
