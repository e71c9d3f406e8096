import { createInterface, type Interface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { OfficialApi } from './support/official.js';
import { startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';

interface RegistryCluster {
  apiVersion: string;
  kind: string;
  metadata: { name: string; uid: string; resourceVersion: string; labels: Record<string, string> };
  spec: { kubernetesApiEndpoints?: { serverEndpoints: { serverAddress: string }[]; caBundle: string } };
  status: { version?: string; conditions: { type: string; status: string; reason: string }[] };
}
interface List {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string };
  items: RegistryCluster[];
}
type Event = { type: string; object: RegistryCluster & { code?: number; reason?: string } };
type Status = { code: number; reason: string; message: string; details?: { causes: { field: string }[] } };

const OFFICIAL = '/auth/v1/clusters';
const OWN = '/acp/v1/clusters';
const official = new OfficialApi('auth.v1');
const NAMES = ['alpha', 'beta', 'delta', 'epsilon', 'gamma'];

let archon: Archon;
let replica: Archon;
let servers: RecordingApiServer[];

beforeAll(async () => {
  archon = await Archon.start();
  servers = await Promise.all(NAMES.map((name) => startRecordedCluster(archon, name)));
  for (const [index, name] of NAMES.entries())
    await archon.client.patch(`${OWN}/${name}`, { metadata: { labels: { region: index % 2 === 0 ? 'eu' : 'us', index: String(index) } } });
  replica = await archon.replica();
});
afterAll(async () => {
  await replica?.kill();
  await archon?.dispose();
  await Promise.all((servers ?? []).map((server) => server.close()));
});

const list = async (query = '', client = archon.client) => {
  const answer = await client.get<List>(`${OFFICIAL}${query}`);
  official.check('GET', OFFICIAL, answer);
  return answer.body;
};
const namesOf = ({ items }: { items: { metadata: { name: string } }[] }) => items.map(({ metadata }) => metadata.name);
const versionOf = async () => (await list()).metadata.resourceVersion;

/** The events of a watch, one after the other. */
class Watch {
  private constructor(
    private readonly lines: AsyncIterator<string>,
    private readonly reader: Interface,
    private readonly abort: AbortController,
  ) {}

  static async open(query: string, client = archon.client): Promise<Watch> {
    const abort = new AbortController();
    const answer = await client.stream(`${OFFICIAL}?watch=true${query}`, { signal: abort.signal });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
    answer.body.on('error', () => undefined);
    const reader = createInterface({ input: answer.body });
    return new Watch(reader[Symbol.asyncIterator](), reader, abort);
  }

  /** Undefined when the watch has ended. */
  async next(): Promise<Event | undefined> {
    const { value, done } = await this.lines.next();
    return done === true ? undefined : (JSON.parse(value) as Event);
  }

  close(): void {
    this.reader.close();
    this.abort.abort();
  }
}

describe('GET /auth/v1/clusters', () => {
  it('answers the official shape, with endpoint and CA for an administrator', async () => {
    const { apiVersion, kind, metadata, items } = await list();
    expect([apiVersion, kind, Number(metadata.resourceVersion) > 5]).toEqual(['clusterregistry.k8s.io/v1alpha1', 'ClusterList', true]);
    expect(items.map((item) => item.metadata.name)).toEqual(NAMES);
    const { spec, status } = items[0] as RegistryCluster;
    expect(spec.kubernetesApiEndpoints?.serverEndpoints[0]?.serverAddress).toBe(servers[0]?.url);
    expect(Buffer.from(spec.kubernetesApiEndpoints?.caBundle ?? '', 'base64').toString()).toBe(servers[0]?.caPem);
    expect(status.conditions[0]).toMatchObject({ type: 'NotAccessible', status: 'False', reason: 'Ready' });
  });

  it('shows nothing of credentials, and to others nothing of endpoints', async () => {
    const jane = await archon.as('jane@example.org');
    const [whole, seen] = [await archon.client.get(OFFICIAL), await jane.get<List>(OFFICIAL)];
    official.check('GET', OFFICIAL, seen);
    expect(namesOf(seen.body)).toEqual(NAMES);
    for (const server of servers) {
      for (const { text } of [whole, seen]) expect(text).not.toContain(server.token);
      expect(seen.text).not.toContain(new URL(server.url).port);
    }
    for (const { text } of [whole, seen]) expect(text).not.toMatch(/authInfo|credential/);
  });

  it('shows to a credential with a scope only the clusters within it', async () => {
    const made = await archon.client.post<{ token: string }>('/auth/v1/accesstoken', {
      description: 'narrow',
      scope: { clusters: ['beta'] },
    });
    expect(made.status, made.text).toBe(201);
    expect(namesOf(await list('', archon.client.as(made.body.token)))).toEqual(['beta']);
  });

  it.each([
    ['labelSelector=region%3Deu', ['alpha', 'delta', 'gamma']],
    ['labelSelector=region%20notin%20(eu)', ['beta', 'epsilon']],
    ['labelSelector=index%3E1,region', ['delta', 'epsilon', 'gamma']],
    ['fieldSelector=metadata.name%3Ddelta', ['delta']],
    ['fieldSelector=metadata.name!%3Ddelta&labelSelector=region%3Deu', ['alpha', 'gamma']],
    ['fieldSelector=spec.disabled%3Dtrue', []],
  ])('selects by %s', async (query, expected) => {
    expect(namesOf(await list(`?${query}`))).toEqual(expected);
    expect(namesOf((await archon.client.get<List>(`${OWN}?${query}`)).body)).toEqual(expected);
  });

  it.each([
    ['labelSelector=a%20b', 400, 'BadRequest'],
    [`labelSelector=${'a'.repeat(5000)}`, 400, 'BadRequest'],
    ['fieldSelector=spec.credential%3Da', 400, 'BadRequest'],
    ['watch=true&labelSelector=((', 400, 'BadRequest'],
    ['continue=nonsense', 400, 'BadRequest'],
    ['limit=-1', 422, 'Invalid'],
    ['limit=a', 422, 'Invalid'],
    ['resourceVersion=x', 422, 'Invalid'],
  ])('refuses %s', async (query, code, reason) => {
    const answer = await archon.client.get<Status>(`${OFFICIAL}?${query}`);
    expect([answer.status, answer.body.reason]).toEqual([code, reason]);
  });

  it.each([OFFICIAL, OWN])('%s comes page by page, also when a name of a page is gone', async (path) => {
    const first = (await archon.client.get<List>(`${path}?limit=2`)).body;
    expect([namesOf(first), first.metadata.continue]).toEqual([['alpha', 'beta'], expect.any(String)]);
    const second = (await archon.client.get<List>(`${path}?limit=2&continue=${first.metadata.continue}`)).body;
    const third = (await archon.client.get<List>(`${path}?limit=2&continue=${second.metadata.continue}`)).body;
    expect([namesOf(second), namesOf(third), third.metadata.continue]).toEqual([['delta', 'epsilon'], ['gamma'], undefined]);
    expect(third.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('sorts backwards, page by page too', async () => {
    const first = (await archon.client.get<List>(`${OWN}?sort=-name&limit=3`)).body;
    const second = (await archon.client.get<List>(`${OWN}?sort=-name&limit=3&continue=${first.metadata.continue}`)).body;
    expect([...namesOf(first), ...namesOf(second)]).toEqual([...NAMES].reverse());
    expect((await archon.client.get(`${OWN}?sort=age`)).status).toBe(422);
  });
});

describe('watch', () => {
  it('begins with what there is, tells of each change on any replica, and goes on from any version', async () => {
    const before = await versionOf();
    const watch = await Watch.open('&timeoutSeconds=60');
    const initial = [];
    for (const _ of NAMES) initial.push(await watch.next());
    expect(initial.map((event) => [event?.type, event?.object.metadata.name])).toEqual(NAMES.map((name) => ['ADDED', name]));

    await replica.client.patch(`${OWN}/beta`, { metadata: { labels: { region: 'us', round: '1' } } });
    const changed = await watch.next();
    expect([changed?.type, changed?.object.metadata.name, changed?.object.metadata.labels]).toEqual([
      'MODIFIED',
      'beta',
      { region: 'us', round: '1' },
    ]);
    const extra = await startRecordedCluster(replica, 'zeta');
    servers.push(extra);
    const added = await watch.next();
    expect((await replica.client.delete(`${OWN}/zeta`)).status).toBe(204);
    const deleted = await watch.next();
    expect([added, deleted].map((event) => [event?.type, event?.object.metadata.name])).toEqual([
      ['ADDED', 'zeta'],
      ['DELETED', 'zeta'],
    ]);
    const versions = [changed, added, deleted].map((event) => Number(event?.object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    watch.close();

    const resumed = await Watch.open(`&resourceVersion=${before}&timeoutSeconds=1&allowWatchBookmarks=true`, replica.client);
    const told = [];
    for (let event = await resumed.next(); event !== undefined; event = await resumed.next()) told.push(event);
    expect(told.map(({ type }) => type)).toEqual(['MODIFIED', 'ADDED', 'DELETED', 'BOOKMARK']);
    expect(told.at(-1)?.object.metadata.resourceVersion).toBe(await versionOf());
  });

  it('tells that a cluster comes into its selection, and leaves it', async () => {
    const watch = await Watch.open(`&labelSelector=tier%3Dgold&resourceVersion=${await versionOf()}&timeoutSeconds=30`);
    for (const labels of [{ tier: 'gold' }, { tier: 'gold', more: 'x' }, { tier: 'silver' }, { other: 'x' }])
      expect((await archon.client.patch(`${OWN}/gamma`, { metadata: { labels } })).status).toBe(200);
    const types = [];
    for (let i = 0; i < 3; i++) types.push((await watch.next())?.type);
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    watch.close();
  });

  it('ends when its token is revoked', async () => {
    const made = await archon.client.post<{ token: string; metadata?: { name: string }; id?: string }>('/auth/v1/accesstoken', {
      description: 'short',
      user: 'joe@example.org',
    });
    const watch = await Watch.open(`&resourceVersion=${await versionOf()}&timeoutSeconds=60`, archon.client.as(made.body.token));
    const [row] = await archon.database.query<{ id: string }>(`select id from access_tokens where description = 'short'`);
    expect((await replica.client.delete(`/auth/v1/accesstoken/${row?.id}`)).status).toBe(204);
    const begin = performance.now();
    expect(await watch.next()).toBeUndefined();
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it('answers 410 where the history is gone: to a watch with an event, to a continued list with its code', async () => {
    const page = await list('?limit=1');
    const old = page.metadata.resourceVersion;
    await archon.database.query(`update cluster_changes set created_at = created_at - interval '2 hours'`);
    for (const round of ['a', 'b']) await archon.client.patch(`${OWN}/alpha`, { spec: { displayName: round } });
    const watch = await Watch.open(`&resourceVersion=${Number(old) - 3}`);
    const event = await watch.next();
    expect([event?.type, event?.object.code, event?.object.reason, await watch.next()]).toEqual(['ERROR', 410, 'Expired', undefined]);
    const continued = await archon.client.get<Status>(`${OFFICIAL}?limit=1&continue=${Buffer.from('1 alpha').toString('base64url')}`);
    expect([continued.status, continued.body.reason]).toEqual([410, 'Expired']);
  });
});

describe('labels and annotations', () => {
  it.each([
    ['labels', { 'a b': 'c' }],
    ['labels', { a: 'b c' }],
    ['labels', { a: 'b'.repeat(64) }],
    ['labels', { ['a'.repeat(64)]: 'b' }],
    ['labels', { 'UPPER.example/a': 'b' }],
    ['labels', { a: 1 }],
    ['annotations', { 'a b': 'c' }],
    ['annotations', { a: 'b'.repeat(256 * 1024) }],
  ])('%s like Kubernetes refuses are refused', async (field, value) => {
    const answer = await archon.client.patch<Status>(`${OWN}/alpha`, { metadata: { [field]: value } });
    expect([answer.status, answer.body.details?.causes.map((cause) => cause.field)]).toEqual([422, [`metadata.${field}`]]);
  });
});
