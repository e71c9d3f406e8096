import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody, uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import { eventually } from './support/wait-for.js';

interface Topology {
  nodes: Record<string, KubernetesBody & { state: string }>;
  edges: { type: string; from: string; to: string }[];
}

let archon: Archon;
let namespace: string;
let user: string;

const topology = (of: ArchonClient, path: string) => of.get<Topology>(`/acp/v1/kubernetes/c1/topology/${namespace}/${path}`);
const kindsOf = ({ nodes }: Topology) =>
  Object.values(nodes)
    .map(({ kind }) => kind)
    .sort();

async function create(path: string, body: object): Promise<void> {
  const { status, text } = await archon.client.post(`/kubernetes/c1/${path}`, body);
  expect(status, text).toBe(201);
}

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_INDEX: 'true' }, clusters: ['c1'] });
  namespace = await createNamespace(archon.client, ['c1'], 'topology');
  user = `${uniqueName('reader')}@example.org`;
  const within = `namespaces/${namespace}`;
  const rbac = `apis/rbac.authorization.k8s.io/v1/${within}`;
  const metadata = { name: 'web' };
  const app = { app: 'web' };
  const containers = [{ name: 'web', image: 'registry.example.org/web', envFrom: [{ configMapRef: metadata }] }];
  await create(`api/v1/${within}/configmaps`, { metadata });
  await create(`apis/apps/v1/${within}/deployments`, {
    metadata,
    spec: { replicas: 1, selector: { matchLabels: app }, template: { metadata: { labels: app }, spec: { containers } } },
  });
  await create(`api/v1/${within}/services`, { metadata, spec: { selector: app, ports: [{ port: 80 }] } });
  const backend = { service: { ...metadata, port: { number: 80 } } };
  await create(`apis/networking.k8s.io/v1/${within}/ingresses`, { metadata, spec: { defaultBackend: backend } });
  await create(`${rbac}/roles`, {
    metadata,
    rules: [{ apiGroups: ['', 'apps'], resources: ['deployments', 'services'], verbs: ['list'] }],
  });
  await create(`${rbac}/rolebindings`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', ...metadata },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
  await eventually(async () => kindsOf((await topology(archon.client, 'ingress/web?depth=2')).body).join() === 'Ingress,Pod,Service', {
    what: 'the Pod behind the Ingress',
    timeoutMs: 30_000,
  });
}, 120_000);
afterAll(async () => {
  await archon?.client.delete(`/kubernetes/c1/api/v1/namespaces/${namespace}`);
  await archon?.dispose();
});

describe('the topology of an object', () => {
  it('is what hangs together with it, step by step', async () => {
    const { body } = await topology(archon.client, 'deployment/web?depth=4');
    expect(kindsOf(body)).toEqual(['ConfigMap', 'Deployment', 'Ingress', 'Pod', 'ReplicaSet', 'Service']);
    const kindOf = (uid: string) => body.nodes[uid]?.kind;
    expect(body.edges.map(({ type, from, to }) => `${kindOf(from)} ${type} ${kindOf(to)}`).sort()).toEqual([
      'Deployment Owner ReplicaSet',
      'Deployment Reference ConfigMap',
      'Ingress Reference Service',
      'ReplicaSet Owner Pod',
      'Service Selector Pod',
    ]);
    expect(kindsOf((await topology(archon.client, 'deployments/web')).body)).toEqual(['ConfigMap', 'Deployment', 'Pod', 'ReplicaSet']);
  });

  it.each(['deployment/absent', 'wonder/web'])('is not found for %s', async (path) => {
    expect((await topology(archon.client, path)).status).toBe(404);
  });

  it('shows nothing that its caller may not list', async () => {
    const member = archon.client.as(await archon.tokenOf(user));
    const shown = await eventually(
      async () => {
        const { status, body } = await topology(member, 'deployment/web?depth=4');
        return status === 200 && kindsOf(body);
      },
      { what: 'the rights to be indexed' },
    );
    expect(shown).toEqual(['Deployment']);
    expect((await topology(member, 'configmap/web')).status).toBe(404);
    const stranger = archon.client.as(await archon.tokenOf(`${uniqueName('stranger')}@example.org`));
    expect((await topology(stranger, 'deployment/web')).status).toBe(404);
  });
});
