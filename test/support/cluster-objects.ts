import { randomBytes } from 'node:crypto';
import type { ArchonClient } from './http-client.js';
import { eventually } from './wait-for.js';

export interface KubernetesBody {
  apiVersion: string;
  kind: string;
  metadata: {
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  data?: Record<string, string>;
}

const NAMESPACES = '/api/v1/namespaces';
/** Everything that tests make in a namespace; what Kubernetes puts there by itself is left out. */
const COLLECTIONS = [
  ['apis/app.k8s.io/v1beta1', 'applications'],
  ['apis/apps/v1', 'deployments'],
  ['apis/apps/v1', 'replicasets'],
  ['api/v1', 'pods'],
  ['api/v1', 'services'],
  ['api/v1', 'configmaps'],
  ['api/v1', 'secrets'],
] as const;

/** A name that nothing else has: clusters are shared by all test files. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;

/** A namespace of one's own, with the same name on each of these clusters. */
export async function createNamespace(client: ArchonClient, clusters: string[], prefix: string): Promise<string> {
  const name = uniqueName(prefix);
  for (const cluster of clusters) {
    const answer = await client.post(`/kubernetes/${cluster}${NAMESPACES}`, { metadata: { name } });
    if (answer.status !== 201) throw new Error(`no namespace on ${cluster}: ${answer.text}`);
  }
  return name;
}

/** All objects of a namespace, whole, so that two calls can be compared. */
export async function listObjects(client: ArchonClient, cluster: string, namespace: string): Promise<KubernetesBody[]> {
  const lists = await Promise.all(
    COLLECTIONS.map(async ([group, resource]) => {
      const path = `/kubernetes/${cluster}/${group}/namespaces/${namespace}/${resource}`;
      // An API server asks for patience (429) while it takes in a definition that is new.
      const answer = await eventually(
        async () => {
          const given = await client.get<{ items: KubernetesBody[] }>(path);
          return given.status !== 429 && given;
        },
        { what: `${resource} to be served`, timeoutMs: 20_000 },
      );
      if (answer.status !== 200) throw new Error(`${resource} cannot be listed: ${answer.text}`);
      return answer.body.items;
    }),
  );
  return lists.flat().filter((object) => object.metadata.name !== 'kube-root-ca.crt');
}
