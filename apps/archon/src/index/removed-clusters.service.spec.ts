import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '#config';
import { createLogger } from '#log';
import { indexParts, POD_TYPE } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import { ClusterLeases } from './cluster-leases.service.js';
import { LeaseLost } from './lease-lost.js';
import { RemovedClusters } from './removed-clusters.service.js';

let started: MigratedDatabase;
beforeAll(async () => {
  started = await startMigratedDatabase();
}, 60_000);
afterAll(() => started.stop());

it('deletes what a removed cluster left, even what a late replica would still write, and nothing of others', async () => {
  const { database } = started;
  const ids = [await insertCluster(database, 'goes'), await insertCluster(database, 'stays')];
  const leases = await new ClusterLeases(database).hold();
  const { objects, events, numbers, reflections } = indexParts(database);
  const kind = await numbers.numberOf('', 'pods');
  const places = ids.map((id) => {
    const lease = leases.find(({ clusterId }) => clusterId === id);
    return { cluster: lease?.number ?? 0, kind, token: lease?.token ?? '' };
  });
  const now = new Date().toISOString();
  const row = (index: number) => ({
    uid: randomUUID(),
    namespace: `n-${index % 7}`,
    name: `p-${index}`,
    createdAt: '2026-01-02T03:04:05Z',
    resourceVersion: '1',
    status: '',
    owners: [],
    refs: [],
    labels: '{}',
    body: '{}',
  });
  for (const place of places) {
    await reflections.start(place, POD_TYPE);
    await objects.apply(
      place,
      Array.from({ length: 6000 }, (_, index) => ({ row: row(index) })),
    );
    await events.apply(place, [{ row: { ...row(0), type: '', reason: '', regarding: null, seenAt: now, createdAt: now } }]);
  }
  await database.query('delete from clusters where id = $1', [ids[0]]);
  await new RemovedClusters(database, loadConfig({}), createLogger('silent')).clean();
  await expect(objects.apply(places[0] ?? { cluster: 0, kind, token: '' }, [{ row: row(1) }])).rejects.toThrow(LeaseLost);
  const counts = (table: string) => database.query(`select cluster, count(*)::int as count from ${table} group by cluster`);
  const stays = places[1]?.cluster;
  for (const table of ['objects', 'object_bodies']) expect(await counts(table)).toEqual([{ cluster: stays, count: 6000 }]);
  expect(await counts('kubernetes_events')).toEqual([{ cluster: stays, count: 1 }]);
  expect(await counts('reflections')).toEqual([{ cluster: stays, count: 1 }]);
  expect(await counts('indexed_namespaces')).toEqual([{ cluster: stays, count: 7 }]);
});
