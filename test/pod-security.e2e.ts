import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { type KubernetesBody, uniqueName } from './support/cluster-objects.js';
import { eventually } from './support/wait-for.js';

type Status = { reason: string; message: string };

/** What Kyverno would install, without its schema. */
const POLICY_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'policies.kyverno.io' },
  spec: {
    group: 'kyverno.io',
    scope: 'Namespaced',
    names: { kind: 'Policy', listKind: 'PolicyList', plural: 'policies', singular: 'policy' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const CRDS = '/kubernetes/c2/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

let archon: Archon;
const project = uniqueName('kyverno');
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1', 'c2'], settings: { ARCHON_NAMESPACE_RESOURCE_MANAGE: 'true' } });
  const spec = { clusters: [{ name: 'c1' }, { name: 'c2' }] };
  expect((await archon.client.post('/acp/v1/projects', { metadata: { name: project }, spec })).status).toBe(201);
  for (const cluster of ['c1', 'c2'])
    expect((await archon.client.post(`/acp/v1/kubernetes/${cluster}/general-namespaces`, { project, name: 'app' })).status).toBe(200);
});
afterAll(async () => {
  await archon?.client.delete(`${CRDS}/${POLICY_CRD.metadata.name}`);
  await archon?.dispose();
});

const sample = (cluster: string, name: string) => `/acp/v1/kubernetes/${cluster}/namespaces/${project}-app/pod-security-samples/${name}`;

describe('the samples of pod security', () => {
  it('NS-17 are listed, and applied as policies where Kyverno is installed', async () => {
    const { body } = await archon.client.get<{ items: { name: string }[] }>('/acp/v1/pod-security-samples');
    expect(body.items.map(({ name }) => name)).toHaveLength(11);
    const without = await archon.client.put<Status>(sample('c1', 'nonroot'));
    expect([without.status, without.body.message]).toEqual([409, expect.stringContaining('"c1" has no Kyverno')]);
    expect((await archon.client.post(CRDS, POLICY_CRD)).status).toBe(201);
    const policy = `/kubernetes/c2/apis/kyverno.io/v1/namespaces/${project}-app/policies/nonroot`;
    // The API server serves a new kind a moment after it is defined.
    await eventually(async () => (await archon.client.get(policy)).text.includes('"policies.kyverno.io \\"nonroot\\" not found'), {
      what: 'the kind Policy to be served',
    });
    const applied = await archon.client.put<KubernetesBody>(sample('c2', 'nonroot'));
    expect(applied.status, applied.text).toBe(200);
    const live = await archon.client.get<KubernetesBody & { spec: { validationFailureAction: string; rules: object[] } }>(policy);
    expect([live.body.metadata.uid, live.body.spec.validationFailureAction]).toEqual([applied.body.metadata.uid, 'Enforce']);
    expect(live.body.spec.rules.length).toBeGreaterThan(0);
    expect((await archon.client.put(sample('c2', 'restricted'))).status).toBe(422);
    expect((await archon.client.put(sample('c2', 'absent'))).status).toBe(404);
    const stranger = await archon.as('stranger@example.org');
    expect((await stranger.put(sample('c2', 'nonroot'))).status).toBe(403);
    expect((await archon.client.delete(sample('c2', 'nonroot'))).status).toBe(204);
    expect((await archon.client.get(policy)).status).toBe(404);
  });

  it('NS-17 are not there unless the feature is switched on', async () => {
    const plain = await Archon.start();
    try {
      const { status, text } = await plain.client.get('/acp/v1/pod-security-samples');
      expect([status, text]).toEqual([404, expect.stringContaining('ARCHON_NAMESPACE_RESOURCE_MANAGE=true')]);
    } finally {
      await plain.dispose();
    }
  });
});
