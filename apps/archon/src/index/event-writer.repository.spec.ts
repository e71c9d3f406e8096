import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { indexParts, POD_TYPE } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import type { EventRow } from './event-row.js';
import type { Reflected } from './fenced.repository.js';
import { LeaseLost } from './lease-lost.js';

const DAY_MS = 86_400_000;
let started: MigratedDatabase;
let parts: ReturnType<typeof indexParts>;
let events: Reflected;

beforeAll(async () => {
  started = await startMigratedDatabase();
}, 60_000);
afterAll(() => started.stop());
beforeEach(async () => {
  parts = indexParts(started.database);
  const clusterId = await insertCluster(started.database, `c-${randomUUID()}`);
  const [row] = await query<{ id: number }>('insert into indexed_clusters (cluster_id, lease_token) values ($1, 1) returning id', [
    clusterId,
  ]);
  events = { cluster: row?.id ?? 0, kind: await parts.numbers.numberOf('', 'events'), token: '1' };
  await parts.reflections.start(events, POD_TYPE);
});

const query = <Row>(sql: string, parameters: unknown[] = []) => started.database.query<Row[]>(sql, parameters);
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const event = (changed: Partial<EventRow> = {}): EventRow => ({
  uid: randomUUID(),
  namespace: 'shop',
  createdAt: ago(1000),
  resourceVersion: '1',
  type: 'Warning',
  reason: 'BackOff',
  regarding: randomUUID(),
  seenAt: ago(0),
  body: '{}',
  ...changed,
});
const stored = async () =>
  (await query<{ uid: string }>('select uid from kubernetes_events where cluster = $1 order by created_at', [events.cluster])).map(
    ({ uid }) => uid,
  );

it('keeps an event once, with when it last happened, and keeps it when its cluster has forgotten it', async () => {
  const row = event();
  const again = { ...row, resourceVersion: '2', seenAt: '2030-01-01T00:00:00.000Z' };
  await parts.events.apply(events, [{ row }], '1');
  await parts.events.apply(events, [{ row: again }, { row: event() }], '2');
  await parts.events.apply(events, [{ deleted: row.uid }], '3');
  await parts.events.finishList(events, [], '4');
  const found = await query('select seen_at, regarding from kubernetes_events where uid = $1', [row.uid]);
  expect(found).toEqual([{ seen_at: new Date(again.seenAt), regarding: row.regarding }]);
  expect(await stored()).toHaveLength(2);
  expect(await parts.reflections.start(events, POD_TYPE)).toBe('4');
});

it('takes events of several days, and none that is too old or from the future', async () => {
  const kept = [event({ createdAt: ago(2 * DAY_MS) }), event({ createdAt: ago(DAY_MS) }), event({ createdAt: ago(-DAY_MS / 2) })];
  const left = [
    event({ createdAt: ago(4 * DAY_MS) }),
    event({ createdAt: ago(-3 * DAY_MS) }),
    event({ createdAt: '1970-01-01T00:00:00Z' }),
  ];
  await parts.events.apply(
    events,
    [...left, ...kept].map((row) => ({ row })),
  );
  expect(await stored()).toEqual(kept.map(({ uid }) => uid));
});

it('drops whole days whose time is over', async () => {
  const rows = [event({ createdAt: ago(2 * DAY_MS) }), event()];
  await parts.events.apply(
    events,
    rows.map((row) => ({ row })),
  );
  expect(await parts.partitions.dropOlder(5)).toEqual([]);
  expect((await parts.partitions.dropOlder(1)).length).toBeGreaterThanOrEqual(1);
  expect(await stored()).toEqual([rows[1]?.uid]);
  // The day can be made again.
  await parts.events.apply(events, [{ row: event({ createdAt: ago(2 * DAY_MS) }) }]);
  expect(await stored()).toHaveLength(2);
});

it('makes each partition once, however many replicas ask', async () => {
  const days = [0, 1, 2, 3].map((day) => new Date(Date.now() - day * DAY_MS));
  await Promise.all(Array.from({ length: 6 }, () => indexParts(started.database).partitions.ensure(days)));
});

it('changes nothing under a token that is no longer the one of the lease', async () => {
  await query('update indexed_clusters set lease_token = 2 where id = $1', [events.cluster]);
  await expect(parts.events.apply(events, [{ row: event() }], '1')).rejects.toThrow(LeaseLost);
  await expect(parts.events.finishList(events, [], '1')).rejects.toThrow(LeaseLost);
  expect(await stored()).toEqual([]);
});
