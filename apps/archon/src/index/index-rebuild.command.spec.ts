import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { indexParts, POD_TYPE } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import { ClusterLeases } from './cluster-leases.service.js';
import { rebuildIndex } from './index-rebuild.command.js';
import { LeaseLost } from './lease-lost.js';

let started: MigratedDatabase;
beforeAll(async () => {
  started = await startMigratedDatabase();
}, 60_000);
afterAll(() => started.stop());

const ROWS = 12_000;

it('has everything of a cluster written anew by whoever follows it next, and nothing of another', { timeout: 60_000 }, async () => {
  const { database } = started;
  const ids = [await insertCluster(database, 'one'), await insertCluster(database, 'other')];
  // The same replica takes the cluster anew: another one would also take the other when a slow machine lets its lease run out.
  const holder = new ClusterLeases(database);
  const leases = await holder.hold();
  const { objects, numbers, reflections } = indexParts(database);
  const kind = await numbers.numberOf('', 'pods');
  const places = ids.map((id) => {
    const lease = leases.find(({ clusterId }) => clusterId === id);
    return { cluster: lease?.number ?? 0, kind, token: lease?.token ?? '' };
  });
  const row = (index: number) => ({
    uid: randomUUID(),
    namespace: 'shop',
    name: `p-${index}`,
    createdAt: '2026-01-02T03:04:05Z',
    resourceVersion: '1',
    status: 'old',
    owners: [],
    refs: [],
    labels: '{}',
    body: '{}',
  });
  const rows = Array.from({ length: ROWS }, (_, index) => row(index));
  for (const place of places) {
    await reflections.start(place, POD_TYPE);
    await objects.apply(
      place,
      rows.map((each) => ({ row: each })),
      '7',
    );
  }
  const print = vi.fn();
  expect(await rebuildIndex(database, 'one', print)).toBe(1);
  expect(print).toHaveBeenCalledExactlyOnceWith(`one: ${ROWS} objects are read anew`);
  const [one, other] = places as [(typeof places)[number], (typeof places)[number]];
  await expect(objects.apply(one, [], '8')).rejects.toThrow(LeaseLost);
  expect(await reflections.start(other, POD_TYPE)).toBe('7');

  const taken = (await holder.hold()).find(({ number }) => number === one.cluster);
  const successor = { ...one, token: taken?.token ?? '' };
  expect(await reflections.start(successor, POD_TYPE)).toBeUndefined();
  for (const place of [successor, other])
    await objects.apply(
      place,
      rows.map((each) => ({ row: { ...each, status: 'new' } })),
      '9',
    );
  const found = await database.query('select cluster, status, count(*)::int as count from objects group by 1, 2 order by 1');
  expect(found).toEqual([
    { cluster: one.cluster, status: 'new', count: ROWS },
    { cluster: other.cluster, status: 'old', count: ROWS },
  ]);
});

it('says when there is no such cluster', async () => {
  const print = vi.fn();
  expect([await rebuildIndex(started.database, 'absent', print), print.mock.calls]).toEqual([0, [['the index has no cluster "absent"']]]);
});
