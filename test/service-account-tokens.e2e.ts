import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TcpFaultProxy } from '../lab/launcher/tcp-fault-proxy.js';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { createNamespace } from './support/cluster-objects.js';
import { eventually } from './support/wait-for.js';

interface Cluster {
  metadata: { uid: string };
  spec: { serviceAccountTokens: boolean };
  status: { serviceAccountAudience?: string };
}

let archon: Archon;
let replica: Archon;
let proxy: TcpFaultProxy;
let ns: string;
/** What tokens of ServiceAccounts must be made for, by cluster. */
const audiences: Record<string, string> = {};

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
  replica = await archon.replica();
  const { url, kubeconfig } = inject('environment').clusters.c2;
  proxy = await TcpFaultProxy.listen({ upstreamHost: new URL(url).hostname, upstreamPort: Number(new URL(url).port) });
  await archon.registerKubeconfig('c2', (await readFile(kubeconfig, 'utf8')).replaceAll(url, `https://127.0.0.1:${proxy.port}`));
  ns = await createNamespace(archon.client, ['c1', 'c2'], 'sa');
  for (const cluster of ['c1', 'c2']) await makeServiceAccount(cluster, 'deployer');
  const rbac = `/kubernetes/c1/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/rolebindings`;
  const answer = await archon.client.post(rbac, {
    metadata: { name: 'deployer' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: ns }],
  });
  expect(answer.status, answer.text).toBe(201);
});
afterAll(async () => {
  proxy?.heal();
  for (const cluster of ['c1', 'c2']) await archon?.client.delete(`/kubernetes/${cluster}/api/v1/namespaces/${ns}`);
  await archon?.dispose();
  await replica?.stop();
  await proxy?.close();
});

async function makeServiceAccount(cluster: string, name: string): Promise<void> {
  const answer = await archon.client.post(`/kubernetes/${cluster}/api/v1/namespaces/${ns}/serviceaccounts`, { metadata: { name } });
  expect(answer.status, answer.text).toBe(201);
}

/** A token of a ServiceAccount, by TokenRequest of the real API server. */
async function tokenOf(cluster: string, name: string, spec: object = { audiences: [audiences[cluster]] }): Promise<string> {
  const path = `/kubernetes/${cluster}/api/v1/namespaces/${ns}/serviceaccounts/${name}/token`;
  const answer = await archon.client.post<{ status: { token: string } }>(path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600, ...spec },
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.status.token;
}

const allow = async (cluster: string, serviceAccountTokens: boolean) => {
  const answer = await archon.client.patch<Cluster>(`/acp/v1/clusters/${cluster}`, { spec: { serviceAccountTokens } });
  expect([answer.status, answer.body.spec.serviceAccountTokens], answer.text).toEqual([200, serviceAccountTokens]);
  return answer.body;
};
const statusOf = async (token: string, path = '/acp/v1/whoami', at = archon) => (await at.client.as(token).get(path)).status;
const pods = (cluster: string, namespace: string) => `/kubernetes/${cluster}/api/v1/namespaces/${namespace}/pods`;

/** Uses a token all the time until it holds no longer; gives the milliseconds since `act`. */
async function endsAfter(token: string, act: () => Promise<unknown>): Promise<number> {
  expect(await statusOf(token)).toBe(200);
  await act();
  const begin = performance.now();
  await eventually(async () => (await statusOf(token)) === 401, { what: 'the token to end', timeoutMs: 15_000 });
  return performance.now() - begin;
}

describe('tokens of ServiceAccounts', () => {
  it('are refused where no administrator has allowed them', async () => {
    const { body } = await archon.client.get<Cluster>('/acp/v1/clusters/c1');
    expect([body.spec.serviceAccountTokens, 'serviceAccountAudience' in body.status]).toEqual([false, false]);
    const token = await tokenOf('c1', 'deployer', { audiences: [`archon/clusters/${body.metadata.uid}`] });
    expect(await statusOf(token)).toBe(401);
    for (const cluster of ['c1', 'c2']) audiences[cluster] = (await allow(cluster, true)).status.serviceAccountAudience ?? '';
    expect(audiences.c1).toBe(`archon/clusters/${body.metadata.uid}`);
  });

  it('act as the ServiceAccount, with the rights that it has in its cluster', async () => {
    const token = await tokenOf('c1', 'deployer');
    const me = await archon.client.as(token).get<{ user: string; provenBy: { kind: string }; restrictions: object }>('/acp/v1/whoami');
    expect([me.body.user, me.body.provenBy.kind, me.body.restrictions]).toEqual([
      `system:serviceaccount:${ns}:deployer`,
      'serviceaccount',
      { clusters: ['c1'] },
    ]);
    expect([await statusOf(token, pods('c1', ns)), await statusOf(token, pods('c1', 'default'))]).toEqual([200, 403]);
    const kubectl = await archon.kubectl('c1', token);
    const asked = await kubectl.output(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}']);
    expect(asked).toContain(`system:serviceaccount:${ns}:deployer`);
    for (const group of ['system:serviceaccounts', `system:serviceaccounts:${ns}`, 'system:authenticated'])
      expect(asked).toContain(`"${group}"`);
  });

  it('reach no other cluster, not even where a ServiceAccount has the same name', async () => {
    const token = await tokenOf('c1', 'deployer');
    expect([await statusOf(token, pods('c2', ns)), await statusOf(token, '/acp/v1/clusters/c2')]).toEqual([403, 403]);
    const { items } = (await archon.client.as(token).get<{ items: { metadata: { name: string } }[] }>('/acp/v1/clusters')).body;
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['c1']);
  });

  it('make no tokens, impersonate nobody, and administer nothing', async () => {
    const client = archon.client.as(await tokenOf('c1', 'deployer'));
    expect((await client.post('/auth/v1/accesstoken', { description: 'more', scope: { clusters: ['c1'] } })).status).toBe(403);
    expect((await client.get(pods('c1', ns), { 'impersonate-user': 'jane@example.org' })).status).toBe(403);
    expect((await client.patch('/acp/v1/clusters/c1', { spec: { displayName: 'mine' } })).status).toBe(403);
    for (const path of ['/auth/v1/users', '/acp/v1/audit', '/acp/v1/identityproviders', '/acp/v1/trustrules', '/auth/v1/signingkeys'])
      expect((await client.get(path)).status, path).toBe(403);
  });

  it('are refused when they are made for anything but this registration alone', async () => {
    const audience = audiences.c1 ?? '';
    const other = audiences.c2 ?? '';
    const made = [
      [],
      ['archon'],
      [audience, 'https://kubernetes.default.svc.cluster.local'],
      [audience, other],
      [other],
      [`${audience}/x`],
    ];
    for (const audiencesOf of made)
      expect(await statusOf(await tokenOf('c1', 'deployer', { audiences: audiencesOf })), audiencesOf.join()).toBe(401);
    const [header, , signature] = (await tokenOf('c1', 'deployer')).split('.');
    const payload = Buffer.from(JSON.stringify({ sub: 'system:serviceaccount:kube-system:default', aud: [audience], exp: 4_000_000_000 }));
    expect(await statusOf(`${header}.${payload.toString('base64url')}.${signature}`)).toBe(401);
  });

  it('end within 10 s after their ServiceAccount is deleted, and do not come back with its name', async () => {
    await makeServiceAccount('c1', 'short');
    const token = await tokenOf('c1', 'short');
    const path = `/kubernetes/c1/api/v1/namespaces/${ns}/serviceaccounts/short`;
    const ms = await endsAfter(token, () => archon.client.delete(path));
    expect(ms).toBeLessThan(10_000);
    await makeServiceAccount('c1', 'short');
    expect(await statusOf(await tokenOf('c1', 'short'))).toBe(200);
    expect(await statusOf(token)).toBe(401);
    accept({
      row: 'T33',
      what: 'token of a deleted ServiceAccount',
      volume: '1 token in steady use',
      result: `ended after ${Math.round(ms)} ms`,
    });
  });

  it('end within 10 s after the Pod that they are bound to is deleted', async () => {
    const pod = {
      metadata: { name: 'bound' },
      spec: { serviceAccountName: 'deployer', containers: [{ name: 'c', image: 'none' }], nodeSelector: { none: 'x' } },
    };
    expect((await archon.client.post(pods('c1', ns), pod)).status).toBe(201);
    const token = await tokenOf('c1', 'deployer', {
      audiences: [audiences.c1],
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'bound' },
    });
    const ms = await endsAfter(token, () => archon.client.delete(`${pods('c1', ns)}/bound?gracePeriodSeconds=0`));
    expect(ms).toBeLessThan(10_000);
    accept({
      row: 'T33',
      what: 'token bound to a deleted Pod',
      volume: '1 token in steady use',
      result: `ended after ${Math.round(ms)} ms`,
    });
  });

  it('of a cluster that does not answer give 503 in bounded time, and hold again when it does', async () => {
    const token = await tokenOf('c2', 'deployer');
    expect(await statusOf(token)).toBe(200);
    proxy.blackHole();
    try {
      const slowest = await eventually(
        async () => {
          const begin = performance.now();
          const answer = await archon.client.as(token).get<{ message: string }>('/acp/v1/whoami');
          const ms = performance.now() - begin;
          if (answer.status === 200) return undefined; // remembered from before
          expect([answer.status, answer.body.message], answer.text).toEqual([503, expect.stringContaining('"c2"')]);
          return ms;
        },
        { what: 'the cluster to be missed' },
      );
      expect(slowest).toBeLessThan(8000);
    } finally {
      proxy.heal();
    }
    await eventually(async () => (await statusOf(token)) === 200, { what: 'the token to hold again', timeoutMs: 30_000 });
  });

  it('end on every replica when an administrator no longer allows them', async () => {
    const token = await tokenOf('c1', 'deployer');
    expect([await statusOf(token), await statusOf(token, '/acp/v1/whoami', replica)]).toEqual([200, 200]);
    await allow('c1', false);
    for (const at of [archon, replica])
      await eventually(async () => (await statusOf(token, '/acp/v1/whoami', at)) === 401, { what: 'the token to end', timeoutMs: 5000 });
    await allow('c1', true);
    await eventually(async () => (await statusOf(token)) === 200, { what: 'the token to hold again', timeoutMs: 5000 });
  });

  it('T9: of a registration that has gone are for nobody, and scopes of tokens do not follow a name', async () => {
    const token = await tokenOf('c1', 'deployer');
    const scoped = (
      await archon.client.post<{ token: string }>('/auth/v1/accesstoken', { description: 'old', scope: { clusters: ['c1'] } })
    ).body.token;
    const spaced = { description: 'old', scope: { namespaces: [{ cluster: 'c1', namespace: ns }] } };
    const inNamespace = (await archon.client.post<{ token: string }>('/auth/v1/accesstoken', spaced)).body.token;
    expect([await statusOf(token), await statusOf(scoped, pods('c1', ns)), await statusOf(inNamespace, pods('c1', ns))]).toEqual([
      200, 200, 200,
    ]);
    expect((await archon.client.delete('/acp/v1/clusters/c1')).status).toBe(204);
    await archon.register(inject('environment').clusters.c1);
    await allow('c1', true);
    for (const at of [archon, replica]) {
      expect((await at.client.get(pods('c1', ns))).status).toBe(200);
      await eventually(async () => (await statusOf(token, '/acp/v1/whoami', at)) === 401, { what: 'the token to end', timeoutMs: 5000 });
      for (const old of [scoped, inNamespace]) expect(await statusOf(old, pods('c1', ns), at)).toBe(403);
    }
    const fresh = (await archon.client.post<{ token: string }>('/auth/v1/accesstoken', { description: 'new', scope: { clusters: ['c1'] } }))
      .body.token;
    expect(await statusOf(fresh, pods('c1', ns))).toBe(200);
    accept({
      row: 'T9',
      what: 'old tokens and a cluster re-added under an old name',
      volume: '3 tokens on 2 replicas',
      result: 'none reached it',
    });
  });

  it('T9: a scope that names no registered cluster is not stored', async () => {
    const answer = await archon.client.post<{ details: { causes: { field: string }[] } }>('/auth/v1/accesstoken', {
      description: 'ahead of time',
      scope: { clusters: ['later'] },
    });
    expect([answer.status, answer.body.details.causes[0]?.field]).toEqual([422, 'scope']);
  });
});
