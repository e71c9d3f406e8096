import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SNAPSHOT_EXAMPLE } from '../apps/archon/src/applications/versions/version-examples.js';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody, listObjects } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';

interface Name {
  group: string;
  kind: string;
  name: string;
}
interface Version {
  revision: number;
  uid: string;
  changeCause: string;
  ticket: string;
  user: string;
  automatic: boolean;
  operation?: string;
  images: string[];
  diff: Record<'create' | 'update' | 'delete', Name[]>;
  digest: string;
}
interface WholeVersion extends Version {
  objects: (Name & { digest: string })[];
  resources: KubernetesBody[];
  unread: { kind: string; reason: string }[];
}
interface VersionList {
  items: Version[];
  metadata: { continue?: string };
}
interface Diff {
  objects: (Name & { change: string; fields: { path: string; change: string; old?: unknown; new?: unknown }[] })[];
  unread: { kind: string }[];
}
type Status = { reason: string; message: string; details: { causes: { field: string }[] } };

const configMap = (name: string, data: Record<string, string> = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const secret = (name: string, password: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  data: { password: Buffer.from(password).toString('base64') },
});
const deployment = (image: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
  },
});
const application = (name: string, componentTemplates: object[], annotations: Record<string, string> = {}) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name, annotations },
  spec: { componentTemplates },
});
const snapshotOf = (name: string, changeCause: string) => ({ ...SNAPSHOT_EXAMPLE, metadata: { name }, spec: { changeCause } });

let archon: Archon;
let client: ArchonClient;
/** A namespace of its own for each test. */
let ns: string;
const root = () => `/acp/v1/kubernetes/c2/namespaces/${ns}/applications`;
const shop = () => `${root()}/shop`;
const live = (resource: string) => `/kubernetes/c2/api/v1/namespaces/${ns}/${resource}`;
const called = (names: Name[]) => names.map(({ kind, name }) => `${kind}/${name}`);
const versions = async (query = '') => (await client.get<VersionList>(`${shop()}/versions${query}`)).body;
const version = async (revision: number) => (await client.get<WholeVersion>(`${shop()}/versions/${revision}`)).body;
const diff = async (revision: number, to: string) => (await client.get<Diff>(`${shop()}/versions/${revision}/diff?to=${to}`)).body;

async function created(components: object[], query = ''): Promise<void> {
  ns = await createNamespace(client, ['c2'], 'versions');
  const answer = await client.post(`${root()}${query}`, application('shop', components));
  expect(answer.status, answer.text).toBe(200);
}

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c2'] });
  client = archon.client;
});
afterAll(() => archon?.dispose());

describe('a version', () => {
  it('APP-13 APP-14 is made by each change, with who, why, what and the operation', async () => {
    await created([configMap('a', { k: '1' }), deployment('archon.local/web:v1')], '?changeCause=first&ticket=SHOP-1');
    const put = application('shop', [configMap('b'), deployment('archon.local/web@sha256:'.padEnd(88, '0'))], {
      'kubernetes.io/change-cause': 'from the annotation',
    });
    expect((await client.put(shop(), put)).status).toBe(200);
    const patch = { metadata: { annotations: { 'cpaas.io/display-name': 'Shop' } } };
    expect((await client.patch(`${shop()}?ticket=SHOP-3`, patch, { 'content-type': 'application/merge-patch+json' })).status).toBe(200);

    const { items } = await versions();
    expect(items.map((each) => [each.revision, each.changeCause, each.ticket, each.automatic])).toEqual([
      [3, '', 'SHOP-3', true],
      [2, 'from the annotation', '', true],
      [1, 'first', 'SHOP-1', true],
    ]);
    expect(new Set(items.map(({ user }) => user))).toEqual(new Set(['admin']));
    expect(items.map(({ images }) => images)).toEqual([
      ['archon.local/web@sha256:'.padEnd(88, '0')],
      ['archon.local/web@sha256:'.padEnd(88, '0')],
      ['archon.local/web:v1'],
    ]);
    expect(items.map((each) => [called(each.diff.create), called(each.diff.update), called(each.diff.delete)])).toEqual([
      [[], ['Application/shop'], []],
      [['ConfigMap/b'], ['Application/shop', 'Deployment/web'], ['ConfigMap/a']],
      [['Application/shop', 'ConfigMap/a', 'Deployment/web'], [], []],
    ]);
    for (const each of items) {
      const operation = await client.get<{ phase: string; request: { name: string } }>(`/acp/v1/operations/${each.operation}`);
      expect([operation.body.phase, operation.body.request.name]).toEqual(['Succeeded', 'shop']);
    }
    const page = await versions('?limit=2');
    const next = await versions(`?limit=2&continue=${page.metadata.continue}`);
    expect([page.items, next.items, next.metadata.continue]).toEqual([items.slice(0, 2), items.slice(2), undefined]);
  });

  it('APP-13 is not made by what changes nothing: the same again, a trial, a change that is refused', async () => {
    await created([configMap('a', { k: '1' })]);
    const same = application('shop', [configMap('a', { k: '1' })]);
    expect((await client.put(shop(), same)).status).toBe(200);
    expect((await client.put(`${shop()}?dryRun=All`, application('shop', []))).status).toBe(200);
    expect((await client.put(shop(), application('shop', [{ ...configMap('a'), data: { 'a b': '' } }]))).status).toBe(422);
    expect((await client.post(`${shop()}/snapshot?dryRun=All`, SNAPSHOT_EXAMPLE)).body).toMatchObject({ revision: 2, automatic: false });
    expect((await versions()).items.map(({ revision }) => revision)).toEqual([1]);
  });

  it('APP-13 is asked for with the official body: it names the caller, and holds what was changed with kubectl', async () => {
    await created([configMap('a', { k: '1' })]);
    expect((await client.patch(`${live('configmaps')}/a`, { data: { k: 'by hand', more: '2' } })).status).toBe(200);
    const body = { ...SNAPSHOT_EXAMPLE, spec: { ...SNAPSHOT_EXAMPLE.spec, user: 'somebody else' } };
    const answer = await client.post<Version>(`${shop()}/snapshot?ticket=SHOP-9`, body);
    expect([answer.status, answer.body], answer.text).toEqual([
      200,
      expect.objectContaining({
        revision: 2,
        changeCause: SNAPSHOT_EXAMPLE.spec.changeCause,
        ticket: 'SHOP-9',
        user: 'admin',
        automatic: false,
        diff: { create: [], update: [{ group: '', kind: 'ConfigMap', name: 'a' }], delete: [] },
      }),
    ]);
    expect((await version(2)).resources.find(({ kind }) => kind === 'ConfigMap')?.data).toEqual({ k: 'by hand', more: '2' });
    // Asked for again it is made again, though nothing has changed.
    expect((await client.post<Version>(`${shop()}/snapshot`, SNAPSHOT_EXAMPLE)).body).toMatchObject({
      revision: 3,
      diff: { create: [], update: [], delete: [] },
    });
  });

  it('APP-13 of an application that was made by kubectl: the first change keeps what there was before', async () => {
    ns = await createNamespace(client, ['c2'], 'versions');
    const labels = { 'app.cpaas.io/name': `shop.${ns}` };
    const spec = { componentKinds: [{ group: '', kind: 'ConfigMap' }], selector: { matchLabels: labels } };
    const made = await client.post(`/kubernetes/c2/apis/app.k8s.io/v1beta1/namespaces/${ns}/applications`, {
      ...application('shop', []),
      spec,
    });
    expect(made.status, made.text).toBe(201);
    const before = { ...configMap('a', { k: 'theirs' }), metadata: { name: 'a', labels } };
    expect((await client.post(live('configmaps'), before)).status).toBe(201);
    expect((await versions()).items).toEqual([]);
    expect((await client.put(shop(), application('shop', [configMap('a', { k: 'ours' })]))).status).toBe(200);
    expect((await versions()).items.map((each) => [each.revision, each.automatic, each.changeCause, called(each.diff.update)])).toEqual([
      [2, true, '', ['Application/shop', 'ConfigMap/a']],
      [1, false, 'as it was before the first recorded change', []],
    ]);
    expect((await version(1)).resources.map(({ data }) => data)).toEqual([undefined, { k: 'theirs' }]);
  });

  it('APP-14 holds the manifests of all objects as they can be applied again, and of Secrets no value', async () => {
    await created([configMap('a', { k: '1' }), deployment('archon.local/web:v1', 0), secret('s', 'hidden')]);
    const { objects, resources, unread } = await version(1);
    expect([called(objects), unread]).toEqual([['Application/shop', 'ConfigMap/a', 'Deployment/web', 'Secret/s'], []]);
    const labels = { 'app.cpaas.io/name': `shop.${ns}` };
    expect(resources[1]).toEqual({ ...configMap('a', { k: '1' }), metadata: { name: 'a', namespace: ns, labels } });
    expect(resources[2]).toMatchObject({ ...deployment('archon.local/web:v1', 0), metadata: { name: 'web', namespace: ns, labels } });
    expect(resources[3]?.data).toEqual({ password: null });
    const serverSet = ['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields', 'ownerReferences'];
    for (const { metadata } of resources) expect(Object.keys(metadata).filter((key) => serverSet.includes(key))).toEqual([]);
    // What is shown, but for Secrets, is what a change back to it would send.
    await client.put(shop(), application('shop', []));
    const again = application('shop', [...resources.slice(1, 3), secret('s', 'hidden')]);
    expect((await client.put(shop(), again)).status).toBe(200);
    const [newest] = (await versions()).items;
    expect([newest?.revision, newest?.digest]).toEqual([3, (await version(1)).digest]);
  });

  it('APP-13 has serial numbers under 100 changes and 20 snapshots at once', { timeout: 240_000 }, async () => {
    await created([configMap('a', { k: 'none' })]);
    const until200 = async (send: () => Promise<{ status: number; text: string }>) => {
      for (;;) {
        const answer = await send();
        if (answer.status === 200) return;
        expect(answer.status, answer.text).toBe(409);
        await sleep(50 + Math.random() * 200);
      }
    };
    const changes = Array.from({ length: 100 }, (_, i) =>
      until200(() => client.put(shop(), application('shop', [configMap('a', { k: `${i}` })]))),
    );
    const snapshots = Array.from({ length: 20 }, (_, i) => until200(() => client.post(`${shop()}/snapshot`, snapshotOf('shop', `${i}`))));
    await Promise.all([...changes, ...snapshots]);
    const found: Version[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page: VersionList = await versions(`?limit=50${next === '' ? '' : `&continue=${next}`}`);
      found.push(...page.items);
      next = page.metadata.continue;
    }
    // The setting keeps a hundred.
    expect(found.map(({ revision }) => revision)).toEqual(Array.from({ length: 100 }, (_, i) => 121 - i));
    const operations = await archon.database.query<{ count: number }>(
      `select count(*)::integer as count from operations where namespace = $1 and phase = 'Succeeded' and kind = 'UpdateApplication'`,
      [ns],
    );
    expect(operations).toEqual([{ count: 100 }]);
    expect((await diff(121, 'live')).objects).toEqual([]);
  });

  it('APP-13 stays when its application is deleted; the next one of the name has its own', async () => {
    await created([configMap('a', { k: '1' })]);
    const [first] = (await versions()).items;
    expect((await client.delete(shop())).status).toBe(204);
    expect((await versions()).items).toEqual([first]);
    expect((await client.post(root(), application('shop', [configMap('a', { k: '2' })]))).status).toBe(200);
    const [second, ...others] = (await versions()).items;
    expect([second?.revision, second?.uid === first?.uid, others]).toEqual([1, false, []]);
    expect((await versions(`?uid=${first?.uid}`)).items).toEqual([first]);
    expect((await client.get(`${root()}/never/versions`)).status).toBe(404);
  });
});

describe('compare', () => {
  it('APP-15 shows what differs between two versions, and between one and what is in the cluster', async () => {
    await created([configMap('a', { k: '1' }), configMap('gone'), deployment('archon.local/web:v1', 0), secret('s', 'one')]);
    const after = [configMap('a', { k: '2', more: 'x' }), configMap('new'), deployment('archon.local/web:v2', 0), secret('s', 'two')];
    expect((await client.put(shop(), application('shop', after))).status).toBe(200);
    const expected = [
      { kind: 'ConfigMap', name: 'new', change: 'create', fields: [] },
      {
        kind: 'ConfigMap',
        name: 'a',
        change: 'update',
        fields: [
          { path: 'data.k', change: 'update', old: '1', new: '2' },
          { path: 'data.more', change: 'create', new: 'x' },
        ],
      },
      {
        kind: 'Deployment',
        name: 'web',
        change: 'update',
        fields: [
          {
            path: 'spec.template.spec.containers[name=web].image',
            change: 'update',
            old: 'archon.local/web:v1',
            new: 'archon.local/web:v2',
          },
        ],
      },
      { kind: 'Secret', name: 's', change: 'update', fields: [{ path: 'data.password', change: 'update' }] },
      { kind: 'ConfigMap', name: 'gone', change: 'delete', fields: [] },
    ];
    const [two, now] = [await diff(1, '2'), await diff(1, 'live')];
    const shown = ({ objects }: Diff) => objects.map(({ group: _, ...object }) => object);
    expect(shown(two).toSorted(byKind)).toEqual(expected.toSorted(byKind));
    expect(shown(now).toSorted(byKind)).toEqual(expected.toSorted(byKind));
    expect((await diff(2, 'live')).objects).toEqual([]);
    await client.patch(`${live('secrets')}/s`, { data: { password: 'dGhyZWU=' } });
    await client.patch(`/kubernetes/c2/apis/apps/v1/namespaces/${ns}/deployments/web`, { spec: { replicas: 3 } });
    expect(shown(await diff(2, 'live'))).toEqual([
      { kind: 'Deployment', name: 'web', change: 'update', fields: [{ path: 'spec.replicas', change: 'update', old: 0, new: 3 }] },
      { kind: 'Secret', name: 's', change: 'update', fields: [{ path: 'data.password', change: 'update' }] },
    ]);
  });

  const byKind = (a: { kind: string; name: string }, b: { kind: string; name: string }) =>
    `${a.kind}/${a.name}`.localeCompare(`${b.kind}/${b.name}`);
});

describe('rights and bad input', () => {
  it('APP-13 APP-14 who may get the application sees its versions, and manifests of the kinds that he may list; only who may update it makes one', async () => {
    await created([configMap('a'), secret('s', 'x')]);
    const stranger = await archon.as('stranger@example.org');
    const user = await archon.as('reader@example.org');
    const rbac = `/kubernetes/c2/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}`;
    const rules = [
      { apiGroups: ['app.k8s.io'], resources: ['applications'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
    ];
    await client.post(`${rbac}/roles`, { metadata: { name: 'reader' }, rules });
    await client.post(`${rbac}/rolebindings`, {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', name: 'reader@example.org', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    for (const path of ['/versions', '/versions/1', '/versions/1/diff'])
      expect([path, (await stranger.get(`${shop()}${path}`)).status]).toEqual([path, 403]);
    expect((await user.get<VersionList>(`${shop()}/versions`)).body.items.length).toBe(1);
    const whole = (await user.get<WholeVersion>(`${shop()}/versions/1`)).body;
    expect([called(whole.objects), whole.resources.map(({ kind }) => kind), whole.unread]).toEqual([
      ['Application/shop', 'ConfigMap/a', 'Secret/s'],
      ['Application', 'ConfigMap'],
      [expect.objectContaining({ kind: 'Secret', reason: 'Forbidden' })],
    ]);
    await client.patch(`${live('secrets')}/s`, { data: { password: 'bmV3' } });
    const compared = (await user.get<Diff>(`${shop()}/versions/1/diff`)).body;
    expect([compared.objects, compared.unread.map(({ kind }) => kind)]).toEqual([[], ['Secret']]);
    for (const caller of [stranger, user]) {
      const refused = await caller.post<Status>(`${shop()}/snapshot`, SNAPSHOT_EXAMPLE);
      expect([refused.status, refused.body.message]).toEqual([403, expect.stringContaining('may not update the application "shop"')]);
    }
    expect((await versions()).items.length).toBe(1);
  });

  it('refuses what is no revision, no token, no snapshot, and notes that are too long', async () => {
    await created([configMap('a')]);
    const status = async (path: string) => (await client.get<Status>(`${shop()}/versions${path}`)).status;
    for (const [path, expected] of [
      ['/0', 404],
      ['/2', 404],
      ['/x', 404],
      ['/1/diff?to=2', 404],
      ['/1/diff?to=x', 422],
      ['?uid=x', 422],
      ['?limit=0', 422],
      ['?continue=x', 400],
    ] as const)
      expect([path, await status(path)]).toEqual([path, expected]);
    for (const [body, query, code, message] of [
      [{ ...SNAPSHOT_EXAMPLE, kind: 'Application' }, '', 400, /ApplicationSnapshot/],
      [{ ...SNAPSHOT_EXAMPLE, metadata: { name: 'other' } }, '', 400, /metadata\.name/],
      [{ ...SNAPSHOT_EXAMPLE, spec: { changeCause: 1 } }, '', 422, /spec\.changeCause/],
      [SNAPSHOT_EXAMPLE, `?ticket=${'x'.repeat(257)}`, 422, /ticket/],
    ] as const) {
      const answer = await client.post<Status>(`${shop()}/snapshot${query}`, body);
      expect([answer.status, answer.body.message]).toEqual([code, expect.stringMatching(message)]);
    }
    const put = await client.put<Status>(`${shop()}?changeCause=${'x'.repeat(1025)}`, application('shop', []));
    expect([put.status, put.body.message]).toEqual([422, expect.stringContaining('changeCause')]);
    expect((await versions()).items.length).toBe(1);
    expect((await listObjects(client, 'c2', ns)).map(({ kind }) => kind).length).toBe(2);
  });
});

it('APP-14 S-18 T90 no value of a Secret is in any table in the clear, in any spelling, nor in what is shown', async () => {
  const canary = `CANARY-${randomBytes(12).toString('hex')}`;
  const stringData = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 't' }, stringData: { token: `${canary}-t` } };
  await created([secret('s', canary), stringData]);
  expect((await client.put(shop(), application('shop', [secret('s', `${canary}-2`), stringData]))).status).toBe(200);
  const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(secret('s', canary)), note: canary };
  await client.patch(`${live('secrets')}/s`, { metadata: { annotations: lastApplied } });
  expect((await client.post(`${shop()}/snapshot`, SNAPSHOT_EXAMPLE)).status).toBe(200);

  const tables = await archon.database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const dump = await Promise.all(tables.map(({ name }) => archon.database.query<{ row: string }>(`select t::text as row from ${name} t`)));
  const stored = dump.flat().map(({ row }) => row);
  expect(stored.filter((row) => row.includes(',Secret,')).length).toBeGreaterThanOrEqual(4);
  const shown = await Promise.all(
    [
      '/versions',
      '/versions/1',
      '/versions/2',
      '/versions/3',
      '/versions/1/diff?to=2',
      '/versions/2/diff?to=3',
      '/versions/1/diff?to=live',
    ].map(async (path) => (await client.get(`${shop()}${path}`)).text),
  );
  const text = [...stored, ...shown, archon.log].join('\n');
  const bytes = Buffer.from(canary);
  const spellings = [
    canary,
    canary.slice(7),
    bytes.toString('hex'),
    ...[0, 1, 2].map((shift) => bytes.subarray(shift).toString('base64').slice(0, 24)),
  ];
  for (const spelling of spellings) expect(text).not.toContain(spelling);
});
