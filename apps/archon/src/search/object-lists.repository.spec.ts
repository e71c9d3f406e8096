import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BoundedReads } from '#database';
import { type KubernetesObject, parseLabelSelector, readLabelSelector } from '#kubernetes';
import { seed } from '../../../../test/support/acceptance.js';
import { indexParts, POD_TYPE } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import { toObjectRow } from '../index/object-row.js';
import { readFieldTerms } from './field-terms.js';
import type { ListedObjects } from './list-sql.js';
import { type Facet, type ListedRow, ObjectLists } from './object-lists.repository.js';
import { readSort } from './sort-keys.js';

/** More than a list walks through before it finds its rows otherwise. */
const OBJECTS = 4000;

let started: MigratedDatabase;
let reads: BoundedReads;
let lists: ObjectLists;
let kind: number;
/** Numbers of clusters and namespaces, by name. */
const clusters: Record<string, number> = {};
const namespaces: Record<string, number> = {};

const LABELS = ['app', 'tier', 'size'] as const;
const VALUES = ['web', 'db', '', '7', '12', '-3', 'a_b', 'A%B'];
const NAMES = ['web', 'web-1', 'WEB_2', 'we%b', 'db-\\1', 'a', 'b', 'zz'];
const label = fc.record(Object.fromEntries(LABELS.map((key) => [key, fc.constantFrom(...VALUES)])), { requiredKeys: [] });
const object = fc.record({
  cluster: fc.constantFrom('one', 'two'),
  namespace: fc.constantFrom('shop', 'till', 'yard'),
  name: fc.constantFrom(...NAMES),
  labels: label,
  createdAt: fc.constantFrom('2026-01-02T03:04:05Z', '2026-01-02T03:04:06Z', '2026-03-01T00:00:00Z'),
  phase: fc.constantFrom('Running', 'Pending', 'Failed'),
  replicas: fc.option(fc.constantFrom(1, 2, 10, 1.5), { nil: undefined }),
  node: fc.option(fc.constantFrom('n1', 'n2', '', '10'), { nil: undefined }),
  images: fc.array(fc.constantFrom('nginx', 'redis'), { maxLength: 2 }),
  isPaused: fc.boolean(),
});
type Drawn = typeof object extends fc.Arbitrary<infer T> ? T : never;
let all: (Drawn & { uid: string })[];

beforeAll(async () => {
  started = await startMigratedDatabase();
  const { objects, numbers, reflections } = indexParts(started.database);
  reads = new BoundedReads({ url: started.url, connections: 4, seconds: 30, onConnectionLost: () => undefined });
  lists = new ObjectLists(reads);
  kind = await numbers.numberOf('', 'pods');
  all = fc.sample(object, { numRuns: OBJECTS, seed: seed() }).map((drawn) => ({ ...drawn, uid: randomUUID() }));
  for (const name of ['one', 'two']) {
    const id = await insertCluster(started.database, name);
    const [row] = await started.database.query<{ id: number }[]>(
      'insert into indexed_clusters (cluster_id, lease_token) values ($1, 1) returning id',
      [id],
    );
    const reflected = { cluster: row?.id ?? 0, kind, token: '1' };
    clusters[name] = reflected.cluster;
    await reflections.start(reflected, POD_TYPE);
    const rows = all.filter(({ cluster }) => cluster === name).map((drawn) => ({ row: toObjectRow(toPod(drawn), POD_TYPE, [])! }));
    await objects.apply(reflected, rows, '1');
  }
  const named = await started.database.query<{ id: number; cluster: number; name: string }[]>('select * from indexed_namespaces');
  for (const { id, cluster, name } of named) namespaces[`${cluster}/${name}`] = id;
}, 60_000);
afterAll(async () => {
  await reads.close();
  await started.stop();
});

const toPod = ({
  uid,
  namespace,
  name,
  labels,
  createdAt,
  phase,
  replicas,
  node,
  images,
  isPaused,
}: Drawn & { uid: string }): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { uid, namespace, name, labels: labels as Record<string, string>, creationTimestamp: createdAt, resourceVersion: '1' },
  spec: { replicas, nodeName: node, isPaused, containers: images.map((image) => ({ image })) },
  status: { phase, conditions: [] },
});

const everywhere = (of = kind) => ({ kind: of, clusters: Object.values(clusters), namespaces: [], names: [] });
const listOf = (selection: Partial<ListedObjects['selection']> = {}, changed: Partial<ListedObjects> = {}): ListedObjects => ({
  kinds: [everywhere()],
  selection: { labels: [], fields: [], ...selection },
  sort: readSort(undefined),
  ...changed,
});
const rowsOf = async (list: ListedObjects, limit = 300) => {
  const rows: ListedRow[] = [];
  for (let after: string[] | undefined; ; after = rows.at(-1)?.keys) {
    const page = await lists.page({ ...list, after }, limit, { isCounted: true });
    if (after === undefined && page.total !== undefined) expect(page.total).toBe(await count(list));
    rows.push(...page.rows);
    if (page.rows.length < limit) return rows;
  }
};
const uidsOf = async (list: ListedObjects, limit?: number) => (await rowsOf(list, limit)).map(({ body }) => body.metadata.uid ?? '');
const count = async (list: ListedObjects) => (await lists.tally(list, [], 0)).total;
const facet = async (list: ListedObjects, of: Facet) => (await lists.tally(list, [of], 10)).facets[0] ?? [];
const expectOnly = async (list: ListedObjects, matches: (drawn: (typeof all)[number]) => boolean) => {
  const expected = all.filter(matches).map(({ uid }) => uid);
  expect((await uidsOf(list)).sort()).toEqual(expected.sort());
  expect(await count(list)).toBe(expected.length);
};

describe('a selection shows what a filter over all objects would', () => {
  const value = fc.constantFrom('web', 'db', '7', 'a_b', 'absent');
  const key = fc.constantFrom(...LABELS, 'absent');
  const labelTerm = fc.oneof(
    fc.tuple(key, fc.constantFrom('=', '!='), value).map((parts) => parts.join('')),
    fc
      .tuple(key, fc.constantFrom('in', 'notin'), fc.array(value, { minLength: 1, maxLength: 3 }))
      .map(([k, o, v]) => `${k} ${o} (${v.join(',')})`),
    fc.tuple(key, fc.constantFrom('>', '<'), fc.constantFrom('-3', '7', '100')).map((parts) => parts.join('')),
    key,
    key.map((k) => `!${k}`),
  );
  it('by labels', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(labelTerm, { minLength: 1, maxLength: 3 }), async (terms) => {
        const selector = terms.join(',');
        const matches = parseLabelSelector(selector);
        await expectOnly(listOf({ labels: readLabelSelector(selector) }), ({ labels }) => matches(labels as Record<string, string>));
      }),
      { seed: seed(), numRuns: 150 },
    );
  });

  type Matches = (drawn: Drawn) => boolean;
  it.each<[string, Matches]>([
    ['metadata.name=web', ({ name }) => name === 'web'],
    ['metadata.name>web', ({ name }) => name > 'web'],
    ['metadata.namespace in (shop,till)', ({ namespace }) => namespace !== 'yard'],
    ['status.phase!=Running', ({ phase }) => phase !== 'Running'],
    ['status.phase notin (Running,Failed)', ({ phase }) => phase === 'Pending'],
    ['spec.replicas=1.5', ({ replicas }) => replicas === 1.5],
    ['spec.replicas>1', ({ replicas = 0 }) => replicas > 1],
    ['spec.replicas<10', ({ replicas = 99 }) => replicas < 10],
    ['spec.replicas!=2', ({ replicas }) => replicas !== 2],
    ['spec.replicas=', ({ replicas }) => replicas === undefined],
    ['spec.nodeName=10', ({ node }) => node === '10'],
    ['spec.nodeName=', ({ node }) => node === undefined || node === ''],
    ['spec.nodeName!=', ({ node }) => node !== undefined && node !== ''],
    ['spec.isPaused=true', ({ isPaused }) => isPaused],
    ['spec.containers.image=nginx', ({ images }) => images.includes('nginx')],
    ['spec.containers.image!=nginx', ({ images }) => !images.includes('nginx')],
    ['spec.containers.image in (nginx,redis)', ({ images }) => images.length > 0],
    ['metadata.labels[app]=web', ({ labels }) => labels.app === 'web'],
    ['metadata.creationTimestamp>2026-02-01T00:00:00Z', ({ createdAt }) => createdAt.startsWith('2026-03')],
    ['spec.absent.deep=x', () => false],
    ['spec.absent.deep!=x', () => true],
    ['spec.no[" \\" ? (@ == 1)]!=x', () => true],
  ])('by fields: %s', async (selector, matches) => {
    await expectOnly(listOf({ fields: readFieldTerms(selector) }), matches);
  });

  it.each(NAMES.flatMap((name) => [name, name.toLowerCase(), name.slice(1)]).filter(Boolean))('by the keyword %j', async (keyword) => {
    await expectOnly(listOf({ keyword }), ({ name }) => name.toLowerCase().includes(keyword.toLowerCase()));
  });

  it('by status and by time', async () => {
    await expectOnly(listOf({ statuses: ['Pending', 'Failed'] }), ({ phase }) => phase !== 'Running');
    const [after, before] = [new Date('2026-01-02T03:04:05Z'), new Date('2026-03-01T00:00:00Z')];
    await expectOnly(listOf({ createdAfter: after, createdBefore: before }), ({ createdAt }) => createdAt === '2026-01-02T03:04:06Z');
  });
});

it.each([
  'name',
  '-name',
  'namespace,-name',
  'cluster,-namespace,name',
  'status,-creationTimestamp',
  '-label:app,name',
  'spec.replicas',
  '-spec.nodeName,cluster',
])('gives each object once, in the same order, whatever the size of a page: by %s', async (sort) => {
  const list = listOf({}, { sort: readSort(sort) });
  const whole = await uidsOf(list);
  expect(new Set(whole).size).toBe(all.length);
  expect(await uidsOf(list, 37)).toEqual(whole);
});

it.each(['name', '-name', 'creationTimestamp', '-creationTimestamp'])(
  'has the same order where a walk through an index comes upon few rows of a list: by %s',
  async (sort) => {
    const key = (drawn: (typeof all)[number]) => `${sort.endsWith('name') ? drawn.name : drawn.createdAt} ${drawn.uid}`;
    const expected = all
      .filter(({ labels }) => labels.tier === 'web' && labels.app === 'db')
      .map((drawn) => ({ key: key(drawn), uid: drawn.uid }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ uid }) => uid);
    if (sort.startsWith('-')) expected.reverse();
    expect(expected.length).toBeGreaterThan(20);
    const list = listOf({ labels: readLabelSelector('tier=web,app=db') }, { sort: readSort(sort) });
    for (const limit of [3, 7, 300]) expect(await uidsOf(list, limit)).toEqual(expected);
  },
);

it('sorts names as bytes and numbers as numbers', async () => {
  const names = (await rowsOf(listOf())).map(({ body }) => body.metadata.name ?? '');
  expect(names).toEqual([...names].sort());
  const numbers = (await rowsOf(listOf({ fields: readFieldTerms('spec.replicas>0') }, { sort: readSort('-spec.replicas') }))).map(
    ({ body }) => (body.spec as { replicas: number }).replicas,
  );
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
});

it('shows, counts and groups nothing outside of its places', async () => {
  const shop = namespaces[`${clusters.one}/shop`] ?? 0;
  const kinds = [{ kind, clusters: [clusters.two ?? 0], namespaces: [shop], names: [] }];
  const isShown = (drawn: Drawn) => drawn.cluster === 'two' || drawn.namespace === 'shop';
  await expectOnly(listOf({}, { kinds }), isShown);
  const counted = await facet(listOf({}, { kinds }), 'status');
  const of = (phase: string) => all.filter((drawn) => isShown(drawn) && drawn.phase === phase).length;
  expect(Object.fromEntries(counted.map(({ value, count }) => [value, count]))).toEqual({
    Running: of('Running'),
    Pending: of('Pending'),
    Failed: of('Failed'),
  });
  const labelled = await facet(listOf({ labels: readLabelSelector('tier') }, { kinds }), 'status');
  for (const { value, count } of labelled)
    expect(count).toBe(all.filter((drawn) => isShown(drawn) && drawn.phase === value && drawn.labels.tier !== undefined).length);
  const nowhere = listOf({}, { kinds: [{ kind, clusters: [], namespaces: [], names: [] }] });
  expect([await uidsOf(nowhere), await count(nowhere), await facet(nowhere, 'cluster')]).toEqual([[], 0, []]);
});

describe('a list whose rows are far apart', () => {
  it('is walked through once, and then found by what its rows have in common', async () => {
    const asked = vi.spyOn(reads, 'query');
    const queriesFor = async (list: ListedObjects) => {
      asked.mockClear();
      await lists.page(list, 100);
      return asked.mock.calls.length;
    };
    const list = listOf({ labels: readLabelSelector('app=nowhere') });
    expect([await queriesFor(list), await queriesFor(list), await queriesFor({ ...list, after: ['a', randomUUID(), '1'] })]).toEqual([
      2, 1, 1,
    ]);
    expect(await queriesFor(listOf({ labels: readLabelSelector('app=elsewhere') }))).toBe(2);
    asked.mockRestore();
  });
});
