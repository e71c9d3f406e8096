import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { indexParts, POD_TYPE } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import type { Reflected } from './fenced.repository.js';
import { IndexedKinds } from './indexed-kinds.repository.js';
import { LeaseLost } from './lease-lost.js';
import type { ObjectRow } from './object-row.js';
import type { ObjectWriter } from './object-writer.repository.js';
import type { Reflections } from './reflections.repository.js';

let started: MigratedDatabase;
let writer: ObjectWriter;
let reflections: Reflections;
let pods: Reflected;

beforeAll(async () => {
  started = await startMigratedDatabase();
}, 60_000);
afterAll(() => started.stop());

/** A cluster of its own for each test, held under the token 1. */
beforeEach(async () => {
  const clusterId = await insertCluster(started.database, `c-${randomUUID()}`);
  const [row] = await query<{ id: number }>('insert into indexed_clusters (cluster_id, lease_token) values ($1, 1) returning id', [
    clusterId,
  ]);
  const { objects, numbers, ...others } = indexParts(started.database);
  [writer, reflections] = [objects, others.reflections];
  pods = { cluster: row?.id ?? 0, kind: await numbers.numberOf('', 'pods'), token: '1' };
  await reflections.start(pods, POD_TYPE);
});

const query = <Row>(sql: string, parameters: unknown[] = []) => started.database.query<Row[]>(sql, parameters);
const pod = (name: string, changed: Partial<ObjectRow> = {}): ObjectRow => ({
  uid: randomUUID(),
  namespace: 'shop',
  name,
  createdAt: '2026-01-02T03:04:05Z',
  resourceVersion: '1',
  status: 'Running',
  owners: [],
  refs: [],
  labels: '{}',
  body: '{}',
  ...changed,
});
const stored = async () =>
  (
    await query<{ text: string }>(
      `select n.name || '/' || o.name || ' ' || o.status || ' ' || b.resource_version as text
       from objects o join object_bodies b using (kind, cluster, uid) join indexed_namespaces n on n.id = o.namespace where o.cluster = $1 order by o.name`,
      [pods.cluster],
    )
  ).map(({ text }) => text);
const reflection = async () =>
  (
    await query<{ state: string; resource_version: string | null }>('select state, resource_version from reflections where cluster = $1', [
      pods.cluster,
    ])
  )[0];

it('stores objects with all that lists need, and gives back what it was given', async () => {
  const owner = randomUUID();
  const body = '{"spec":{"a":1.0,"b":9007199254740993,"text":"\\"{},\\\\ 😀"}}';
  const row = pod('web', { owners: [owner, randomUUID()], labels: '{"app":"web"}', body });
  await writer.apply(pods, [{ row }, { row: pod('node', { namespace: '' }) }]);
  const found = await query<{ body: string; created_at: Date; owners: string[] }>(
    `select body::text, created_at, owners from objects join object_bodies using (kind, cluster, uid) where owners @> array[$1::uuid] and labels @> '{"app":"web"}' and uid = $2`,
    [owner, row.uid],
  );
  expect(found).toEqual([
    {
      body: '{"spec": {"a": 1.0, "b": 9007199254740993, "text": "\\"{},\\\\ 😀"}}',
      created_at: new Date(row.createdAt),
      owners: row.owners,
    },
  ]);
  expect(await stored()).toEqual(['/node Running 1', 'shop/web Running 1']);
});

it('takes a batch that comes twice for one, and the last change of an object for its state', async () => {
  const [a, b, c] = [pod('a'), pod('b'), pod('c')];
  const changes = [{ row: a }, { row: b }, { row: { ...a, status: 'Failed', resourceVersion: '2' } }, { deleted: b.uid }, { row: c }];
  for (let i = 0; i < 2; i++) await writer.apply(pods, changes, '7');
  expect(await stored()).toEqual(['shop/a Failed 2', 'shop/c Running 1']);
  expect(await reflection()).toEqual({ state: 'Watching', resource_version: '7' });
  expect(await reflections.start(pods, POD_TYPE)).toBe('7');
});

it('does not rewrite what has not changed', async () => {
  const row = pod('a');
  await writer.apply(pods, [{ row }]);
  const place = async (table: string) =>
    (await query<{ ctid: string }>(`select ctid::text from ${table} where uid = $1`, [row.uid]))[0]?.ctid;
  const before = [await place('objects'), await place('object_bodies')];
  await writer.apply(pods, [{ row }]);
  expect([await place('objects'), await place('object_bodies')]).toEqual(before);
  await writer.apply(pods, [{ row: { ...row, resourceVersion: '2', body: '{"spec":{}}' } }]);
  expect(await place('objects')).toBe(before[0]);
  expect(await place('object_bodies')).not.toBe(before[1]);
});

it('deletes what a list no longer had, of this kind and cluster only', async () => {
  const rows = Array.from({ length: 700 }, (_, index) => pod(`p-${String(index).padStart(3, '0')}`));
  const services = { ...pods, kind: await new IndexedKinds(started.database).numberOf('', 'services') };
  await reflections.start(services, POD_TYPE);
  await writer.apply(services, [{ row: pod('service') }]);
  await writer.apply(
    pods,
    rows.map((row) => ({ row })),
  );
  await writer.finishList(
    pods,
    rows.slice(0, 2).map(({ uid }) => uid),
    '9',
  );
  expect(await stored()).toEqual(['shop/p-000 Running 1', 'shop/p-001 Running 1', 'shop/service Running 1']);
  await writer.finishList(pods, [], '10');
  expect(await stored()).toEqual(['shop/service Running 1']);
  await writer.drop(services);
  expect(await stored()).toEqual([]);
});

it('changes nothing under a token that is no longer the one of the lease', async () => {
  const row = pod('a');
  await writer.apply(pods, [{ row }], '5');
  await query('update indexed_clusters set lease_token = 2 where id = $1', [pods.cluster]);
  const attempts = [
    () => writer.apply(pods, [{ row: { ...row, status: 'Failed', resourceVersion: '2' } }, { row: pod('b') }], '6'),
    () => writer.apply(pods, [{ row: pod('c', { namespace: 'new' }) }], '6'),
    () => writer.apply(pods, [{ deleted: row.uid }], '6'),
    () => writer.finishList(pods, [], '6'),
    () => reflections.setState(pods, 'Interrupted', 'gone'),
    () => writer.drop(pods),
    () => reflections.forget(pods),
    () => reflections.start(pods, { ...POD_TYPE, version: 'v2' }),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow(LeaseLost);
  expect(await stored()).toEqual(['shop/a Running 1']);
  expect(await reflection()).toEqual({ state: 'Watching', resource_version: '5' });
  expect(await query('select name from indexed_namespaces where cluster = $1', [pods.cluster])).toEqual([{ name: 'shop' }]);
});

it('comes before a takeover or after it, whole', { timeout: 60_000 }, async () => {
  const successor = { ...pods, token: '2' };
  const rows = Array.from({ length: 500 }, (_, index) => pod(`p-${index}`));
  const writes = Promise.allSettled(
    Array.from({ length: 20 }, () =>
      writer.apply(
        pods,
        rows.map((row) => ({ row })),
      ),
    ),
  );
  await query('update indexed_clusters set lease_token = 2 where id = $1', [pods.cluster]);
  await writer.finishList(successor, [], '1');
  await writes;
  expect(await stored()).toEqual([]);
});

it('keeps since when a reflection is in its state', async () => {
  const since = async () => (await query<{ since: Date }>('select since from reflections where cluster = $1', [pods.cluster]))[0]?.since;
  await reflections.setState(pods, 'Interrupted', 'no answer');
  const first = await since();
  await reflections.setState(pods, 'Interrupted', 'refused');
  expect(await since()).toEqual(first);
  await writer.apply(pods, [], '3');
  expect(await reflection()).toEqual({ state: 'Watching', resource_version: '3' });
  expect(await since()).not.toEqual(first);
});

it('gives a kind one number and one partition, however many ask at once', async () => {
  const asking = Array.from({ length: 8 }, () => new IndexedKinds(started.database).numberOf('example.org', 'things'));
  const numbers = new Set(await Promise.all(asking));
  expect(numbers.size).toBe(1);
  const [number] = numbers;
  const partitions = [`objects_${number}`, `object_bodies_${number}`];
  expect(await query('select relname from pg_class where relname = any($1)', [partitions])).toHaveLength(2);
});
