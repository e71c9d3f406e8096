import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '#config';
import { createLogger } from '#log';
import { indexParts, POD_TYPE } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import { ChangeFeed, type ObjectChange } from './change-feed.service.js';
import type { ObjectRow } from './object-row.js';

let started: MigratedDatabase;
let parts: ReturnType<typeof indexParts>;
let feed: ChangeFeed;
let kind: number;

beforeAll(async () => {
  started = await startMigratedDatabase();
  parts = indexParts(started.database);
  kind = await parts.numbers.numberOf('', 'pods');
}, 60_000);
afterAll(() => started.stop());
beforeEach(() => {
  feed = new ChangeFeed(started.database, loadConfig({}), createLogger('silent'));
});

const row = (name: string, changed: Partial<ObjectRow> = {}): ObjectRow => ({
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

async function cluster() {
  const id = await insertCluster(started.database, `c-${randomUUID()}`);
  const [inserted] = await started.database.query<{ id: number }[]>(
    'insert into indexed_clusters (cluster_id, lease_token) values ($1, 1) returning id',
    [id],
  );
  const reflected = { cluster: inserted?.id ?? 0, kind, token: '1' };
  await parts.reflections.start(reflected, POD_TYPE);
  return reflected;
}

/** What is told from now on, by name. */
async function listening(kinds = [kind]) {
  const told: string[] = [];
  let lost = 0;
  const end = await feed.listen({
    kinds: new Set(kinds),
    changed: (changes: readonly ObjectChange[]) => told.push(...changes.map(({ name }) => name)),
    lost: () => lost++,
  });
  return { told, end, isLost: () => lost > 0 };
}

it('tells of what is written and deleted after it began to listen, each once, in order', async () => {
  const pods = await cluster();
  const [one, two] = [row('one'), row('two')];
  await parts.objects.apply(pods, [{ row: row('before') }]);
  const { told, isLost } = await listening();
  await parts.objects.apply(pods, [{ row: one }]);
  await parts.objects.apply(pods, [{ row: two }, { row: { ...one, resourceVersion: '2' } }]);
  await feed.poll();
  expect(told).toEqual(['one', expect.stringMatching(/one|two/), expect.stringMatching(/one|two/)]);
  await feed.poll();
  expect(told).toHaveLength(3);
  await parts.objects.apply(pods, [{ deleted: two.uid }]);
  await parts.objects.finishList(pods, [], '9');
  await feed.poll();
  expect([told[3], new Set(told.slice(4)), isLost()]).toEqual(['two', new Set(['before', 'one']), false]);
});

it('says nothing where nothing has changed', async () => {
  const pods = await cluster();
  const same = row('same');
  await parts.objects.apply(pods, [{ row: same }]);
  const { told } = await listening();
  await parts.objects.apply(pods, [{ row: same }], '7');
  await parts.objects.apply(pods, [{ deleted: randomUUID() }], '8');
  await feed.poll();
  expect(told).toEqual([]);
});

it('tells each listener of its kinds alone, and nobody who has ended', async () => {
  const pods = await cluster();
  const services = await parts.numbers.numberOf('', 'services');
  const [ofPods, ofServices, ended] = [await listening(), await listening([services]), await listening()];
  ended.end();
  await parts.objects.apply(pods, [{ row: row('a') }]);
  await feed.poll();
  expect([ofPods.told, ofServices.told, ended.told]).toEqual([['a'], [], []]);
});

it('tells of a cluster that came later from its beginning', async () => {
  const { told, isLost } = await listening();
  const later = await cluster();
  await parts.objects.apply(later, [{ row: row('first') }]);
  await feed.poll();
  expect([told, isLost()]).toEqual([['first'], false]);
});

it('says that changes may be missed when a kind of a cluster is no longer followed', async () => {
  const pods = await cluster();
  const listener = await listening();
  const other = await listening([await parts.numbers.numberOf('', 'services')]);
  await parts.objects.drop(pods);
  await parts.reflections.forget(pods);
  await feed.poll();
  expect([listener.isLost(), other.isLost()]).toEqual([true, false]);
});

it('misses nothing of what several clusters write while it looks', async () => {
  const clusters = [await cluster(), await cluster(), await cluster()];
  const { told } = await listening();
  const names = clusters.map((_, index) => Array.from({ length: 40 }, (_row, turn) => `m-${index}-${turn}`));
  let isWriting = true;
  const looking = (async () => {
    while (isWriting) await feed.poll();
  })();
  await Promise.all(
    clusters.map(async (reflected, index) => {
      for (const name of names[index] ?? []) await parts.objects.apply(reflected, [{ row: row(name) }]);
    }),
  );
  isWriting = false;
  await looking;
  await feed.poll();
  expect(told.toSorted()).toEqual(names.flat().toSorted());
});
