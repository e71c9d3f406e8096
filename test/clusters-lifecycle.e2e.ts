import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ControlPlane, type Lab, openLab } from '#lab';
import { Archon } from './support/archon.js';
import { ArchonClient } from './support/http-client.js';
import { Kubectl } from './support/kubectl.js';
import { ServiceAccount } from './support/service-account.js';
import { eventually } from './support/wait-for.js';

interface Cluster {
  metadata: { name: string; uid: string; labels: Record<string, string> };
  spec: { displayName: string; disabled: boolean };
  status: {
    state: string;
    reason: string;
    since: string;
    version?: string;
    lastSeen?: string;
    nodes?: number;
    permissions: { missing: string[] };
  };
}
type Status = { code: number; reason: string; message: string; details: { causes: { field: string }[] } };

const PATH = '/acp/v1/clusters';
const CRD = 'customresourcedefinition/applications.app.k8s.io';
const BINDING = 'clusterrolebinding/archon-platform-administrators';
/** How long a list may take whatever the clusters do. */
const LIST_MS = 4000;
/** How long Archon waits for the answer of one cluster. */
const PROBE_MS = 2500;

let archon: Archon;
let lab: Lab;
let x: ControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  const { state, kubectl: program } = inject('environment');
  lab = await openLab({ state: path.join(state, 'clusters-lab'), lifetime: 'process' });
  [x, archon] = await Promise.all([lab.controlPlane('x', { fakeNodes: 2 }), Archon.start({ clusters: ['c2'] })]);
  kubectl = new Kubectl({ program, kubeconfig: x.kubeconfig });
});
afterAll(() => Promise.all([archon?.dispose(), lab?.stop({ purge: true })]));

const authorityOf = (cluster: { caFile: string }) => Buffer.from(readFileSync(cluster.caFile)).toString('base64');
const byToken = (token: string) => ({ endpoint: x.url, certificateAuthorityData: authorityOf(x), token });
const register = (spec: object) => archon.client.post<Cluster>(PATH, { metadata: { name: 'x' }, spec });
const patch = <T = Cluster>(name: string, change: object) => archon.client.patch<T>(`${PATH}/${name}`, change);
const exists = async (object: string) => (await kubectl.run(['get', object])).code === 0;

/** The list, which must come in time. */
async function list(): Promise<Record<string, Cluster | undefined>> {
  const begin = performance.now();
  const answer = await archon.client.get<{ items: Cluster[] }>(PATH);
  expect(answer.status, answer.text).toBe(200);
  expect(performance.now() - begin).toBeLessThan(LIST_MS);
  return Object.fromEntries(answer.body.items.map((item) => [item.metadata.name, item]));
}

const listShows = (state: string, timeoutMs = 15_000) =>
  eventually(
    async () => {
      const { x: found } = await list();
      if (found?.status.state !== state) throw new Error(`it is ${found?.status.state}: ${found?.status.reason}`);
      return found;
    },
    { what: `x to be ${state}`, timeoutMs, intervalMs: 200 },
  );

describe('registration of an untouched cluster', () => {
  it('installs nothing with a credential that may only get the namespace kube-system, and names all that is missing', async () => {
    const account = await ServiceAccount.create(kubectl, [
      { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system'], verbs: ['get'] },
    ]);
    const { status, body, text } = await register(byToken(account.token));
    expect(status, text).toBe(201);
    expect(body.status).toMatchObject({ state: 'Ready', version: expect.stringMatching(/^v1\./) as string });
    expect(body.status).not.toHaveProperty('nodes');
    expect(body.status.permissions.missing).toEqual([
      'patch customresourcedefinitions.apiextensions.k8s.io',
      'patch clusterrolebindings.rbac.authorization.k8s.io',
      'patch clusterroles.rbac.authorization.k8s.io',
      'impersonate users',
      'impersonate groups',
    ]);
    expect([await exists(CRD), await exists(BINDING)]).toEqual([false, false]);
    expect((await archon.client.delete(`${PATH}/x`)).status).toBe(204);
    await account.delete();
  });

  it('refuses with 403 a credential that may not even do that', async () => {
    const account = await ServiceAccount.create(kubectl, []);
    const answer = await register(byToken(account.token));
    expect([answer.status, (answer.body as unknown as Status).message]).toEqual([
      403,
      expect.stringContaining('get the namespace kube-system'),
    ]);
    expect(await list()).not.toHaveProperty('x');
    await account.delete();
  });

  it("installs the CRD and the administrators' binding with a credential that may", async () => {
    const { status, body } = await register({ kubeconfig: await readFile(x.kubeconfig, 'utf8') });
    expect([status, body.status.permissions.missing]).toEqual([201, []]);
    const condition = await kubectl.run(['wait', '--for=condition=Established', CRD, '--timeout=10s']);
    expect(condition.stdout, condition.stderr).toContain('condition met');
    const subject = await kubectl.run(['get', BINDING, '-o', 'jsonpath={.roleRef.name} {.subjects[*].kind} {.subjects[*].name}']);
    expect(subject.stdout).toBe('cluster-admin Group acp:platform:administrator');
  });
});

describe('the state of a cluster', () => {
  const faults: [string, () => void | Promise<void>, () => void | Promise<void>][] = [
    ['stopped', () => x.stop(), () => x.start()],
    ['frozen', () => x.pause(), () => x.resume()],
  ];

  it.each(faults)(
    'is Unreachable with reason and times while its API server is %s, and Ready afterwards',
    { timeout: 120_000 },
    async (_, begin, end) => {
      const before = await listShows('Ready');
      expect(before.status).toMatchObject({ version: expect.stringMatching(/^v1\./) as string, nodes: 2 });
      const faultAt = Date.now();
      await begin();
      try {
        const during = await listShows('Unreachable');
        expect(during.status.reason).toMatch(/^(the connection|no (complete )?answer) /);
        expect(during.status.version).toBe(before.status.version);
        expect(Date.parse(during.status.since)).toBeGreaterThanOrEqual(faultAt);
        expect(Date.parse(during.status.lastSeen ?? '')).toBeGreaterThanOrEqual(Date.parse(before.status.lastSeen ?? ''));
        expect(Date.parse(during.status.lastSeen ?? '')).toBeLessThanOrEqual(Date.parse(during.status.since));

        // A while later it is still the same outage.
        const later = await eventually(async () => Date.now() > Date.parse(during.status.since) + 2500 && list(), { what: 'a fresh look' });
        expect(later.x?.status).toMatchObject({ state: 'Unreachable', since: during.status.since, lastSeen: during.status.lastSeen });
        expect(later.c2?.status).toMatchObject({ state: 'Ready', nodes: 10 });

        // Whoever works on another cluster doesn't wait for the sick one, not even while it is being asked.
        const timed = async (url: string) => {
          const sent = performance.now();
          expect((await archon.client.get(url)).status).toBe(200);
          expect(performance.now() - sent).toBeLessThan(PROBE_MS);
        };
        await Promise.all([list(), timed(`${PATH}/c2`), timed('/kubernetes/c2/api/v1/namespaces/kube-system')]);
      } finally {
        await end();
      }
      const after = await listShows('Ready', 30_000);
      expect(Date.parse(after.status.since)).toBeGreaterThan(faultAt);
      expect(after.status.nodes).toBe(2);
    },
  );

  it('is the same again after a restart of Archon', async () => {
    await archon.stop();
    await archon.run();
    expect((await list()).x?.status).toMatchObject({ state: 'Ready', nodes: 2 });
  });
});

describe('change', () => {
  it('takes a display name and labels, and leaves what is not named', async () => {
    const first = await patch('c2', { metadata: { labels: { tier: 'gold' } }, spec: { displayName: 'Second' } });
    expect([first.status, first.body.metadata.labels, first.body.spec.displayName]).toEqual([200, { tier: 'gold' }, 'Second']);
    const second = await patch('c2', { spec: { displayName: 'Zweiter' } });
    expect([second.body.metadata.labels, second.body.spec.displayName]).toEqual([{ tier: 'gold' }, 'Zweiter']);
    expect((await archon.client.get<Cluster>(`${PATH}/c2`)).body).toMatchObject({
      metadata: { labels: { tier: 'gold' } },
      spec: { displayName: 'Zweiter', disabled: false },
    });
  });

  it.each<[string, object, string[]]>([
    ['a name', { metadata: { name: 'other' } }, ['metadata.name']],
    ['an unknown field', { spec: { color: 'red' } }, ['spec.color']],
    ['a label that is no text', { metadata: { labels: { a: 1 } } }, ['metadata.labels']],
    ['a token without its endpoint', { spec: { token: 't' } }, ['spec.endpoint']],
  ])('refuses %s with 422', async (_, change, fields) => {
    const answer = await patch<Status>('c2', change);
    expect([answer.status, answer.body.details.causes.map((cause) => cause.field)], answer.text).toEqual([422, fields]);
  });

  it('rotates the credential: new requests use the new one, a watch goes on as it began', { timeout: 120_000 }, async () => {
    const [old, next] = [await ServiceAccount.create(kubectl), await ServiceAccount.create(kubectl)];
    expect((await patch('x', { spec: byToken(old.token) })).status).toBe(200);
    const maps = '/kubernetes/x/api/v1/namespaces/default/configmaps';
    const watch = await archon.client.stream(`${maps}?watch=1&timeoutSeconds=14&fieldSelector=metadata.name=after-rotation`);
    expect(watch.status).toBe(200);
    let seen = '';
    watch.body.setEncoding('utf8').on('data', (text: string) => (seen += text));
    const ended = new Promise<string>((resolve) =>
      watch.body.on('end', () => resolve('end')).on('error', (error) => resolve(String(error))),
    );

    expect((await patch('x', { spec: byToken(next.token) })).status).toBe(200);
    await old.delete();
    const direct = new ArchonClient({ url: x.url, caPem: await readFile(x.caFile, 'utf8'), token: old.token });
    try {
      await eventually(async () => (await direct.get('/api')).status === 401, { what: 'the old token to be refused', timeoutMs: 20_000 });
    } finally {
      await direct.close();
    }
    expect((await archon.client.post(maps, { metadata: { name: 'after-rotation' } })).status).toBe(201);
    expect((await archon.client.get<Cluster>(`${PATH}/x`)).body.status.state).toBe('Ready');
    await eventually(() => seen.includes('"ADDED"'), { what: 'the watch to tell of the new ConfigMap' });
    expect(await ended).toBe('end');
  });

  it('keeps the old credential when the new one does not work, or leads to another cluster', async () => {
    const { c2 } = inject('environment').clusters;
    const wrong = await patch<Status>('x', { spec: byToken('no-token') });
    expect([wrong.status, wrong.body.message]).toEqual([403, expect.stringContaining('refuses the credential')]);
    const other = await patch<Status>('x', { spec: { kubeconfig: await readFile(c2.kubeconfig, 'utf8') } });
    expect([other.status, other.body.details.causes]).toEqual([
      422,
      [expect.objectContaining({ field: 'spec', message: expect.stringContaining('another cluster') as string })],
    ]);
    const dead = await patch<Status>('x', { spec: { ...byToken('t'), endpoint: 'https://127.0.0.1:1' } });
    expect(dead.status).toBe(503);
    expect((await archon.client.get('/kubernetes/x/api/v1/namespaces/default')).status).toBe(200);
    expect((await list()).x?.status.state).toBe('Ready');
  });

  it('disables: requests are refused at once, and let through again at once', async () => {
    const url = '/kubernetes/x/api/v1/namespaces/default';
    const before = Date.now();
    const disabled = await patch('x', { spec: { disabled: true } });
    expect([disabled.status, disabled.body.status.state]).toEqual([200, 'Disabled']);
    expect(Date.parse(disabled.body.status.since)).toBeGreaterThanOrEqual(before);
    const refused = await archon.client.get<Status>(url);
    expect([refused.status, refused.body.reason, refused.body.message]).toEqual([
      503,
      'ServiceUnavailable',
      expect.stringContaining('disabled'),
    ]);
    expect((await archon.client.get('/acp/v1/kubernetes/x/namespaces/default/applications')).status).toBe(503);
    expect((await patch('x', { spec: { disabled: true } })).body.status.since).toBe(disabled.body.status.since);
    expect((await list()).x).toMatchObject({ spec: { disabled: true }, status: { state: 'Disabled', since: disabled.body.status.since } });
    expect((await patch('x', { spec: { disabled: false } })).body.status.state).toBe('Ready');
    expect((await archon.client.get(url)).status).toBe(200);
  });
});

it('is forgotten also while it is dead, and is unknown from then on', { timeout: 60_000 }, async () => {
  await x.stop();
  const begin = performance.now();
  expect((await archon.client.delete(`${PATH}/x`)).status).toBe(204);
  expect(performance.now() - begin).toBeLessThan(1000);
  const answers = [
    await archon.client.get<Status>(`${PATH}/x`),
    await archon.client.patch<Status>(`${PATH}/x`, { spec: { displayName: 'a' } }),
    await archon.client.delete<Status>(`${PATH}/x`),
    await archon.client.get<Status>('/kubernetes/x/api'),
    await archon.client.get<Status>('/auth/v1/clusters/x/kubeconfig'),
  ];
  for (const { status, body } of answers) expect([status, body.reason]).toEqual([404, 'NotFound']);
  expect(Object.keys(await list())).toEqual(['c2']);
});
