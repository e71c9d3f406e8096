import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import { ClusterLeases } from './cluster-leases.service.js';

let started: MigratedDatabase;
let ids: string[];

beforeAll(async () => {
  started = await startMigratedDatabase();
}, 60_000);
afterAll(() => started.stop());
beforeEach(async () => {
  await query('delete from clusters');
  await query('delete from indexed_clusters');
  await query('delete from index_followers');
  ids = [];
  for (const name of ['a', 'b', 'c']) ids.push(await insertCluster(started.database, name));
});

const query = <Row>(sql: string, parameters: unknown[] = []) => started.database.query<Row[]>(sql, parameters);
const replica = () => new ClusterLeases(started.database);
const held = async (leases: ClusterLeases) =>
  (await leases.hold()).map(({ clusterId, token }) => `${ids.indexOf(clusterId)}:${token}`).sort();
/** As if nobody had been there for a while. */
const runOut = async () => {
  await query(`update indexed_clusters set lease_until = now() - interval '1 second'`);
  await query(`update index_followers set seen_at = now() - interval '10 seconds'`);
};

it('gives each cluster to one replica, and leaves it there', async () => {
  const [one, other] = [replica(), replica()];
  expect(await held(one)).toEqual(['0:1', '1:1', '2:1']);
  expect(await held(other)).toEqual([]);
  expect(await held(one)).toEqual(['0:1', '1:1', '2:1']);
});

it('gives what was not renewed to another one under a higher token, and the first one learns it', async () => {
  const [one, other] = [replica(), replica()];
  await one.hold();
  await runOut();
  expect(await held(other)).toEqual(['0:2', '1:2', '2:2']);
  expect(await held(one)).toEqual([]);
  await runOut();
  expect(await held(one)).toEqual(['0:3', '1:3', '2:3']);
});

it('keeps its token when it was late but nobody took the cluster', async () => {
  const one = replica();
  await one.hold();
  await runOut();
  expect(await held(one)).toEqual(['0:1', '1:1', '2:1']);
});

it('never gives one cluster to two, however many ask at once', async () => {
  const replicas = Array.from({ length: 6 }, replica);
  for (let round = 0; round < 5; round++) {
    await runOut();
    await Promise.all(replicas.map((each) => each.hold()));
    const all = (await Promise.all(replicas.map(held))).flat();
    expect(all.map((text) => text.split(':')[0]).sort()).toEqual(['0', '1', '2']);
  }
});

it('is shared out among the replicas that live', async () => {
  const [one, other] = [replica(), replica()];
  await one.hold();
  expect(await held(other)).toEqual([]);
  const surplus = (await one.hold()).filter(({ isSurplus }) => isSurplus);
  expect(surplus).toHaveLength(1);
  for (const lease of surplus) await one.release(lease);
  expect(await held(other)).toEqual(['2:2']);
  expect(await held(one)).toEqual(['0:1', '1:1']);
  // Nobody takes more than its share, and nothing is left for nobody.
  await runOut();
  const three = [one, other, replica()];
  for (const each of three) await each.hold();
  for (const each of three) for (const lease of await each.hold()) if (lease.isSurplus) await each.release(lease);
  expect((await Promise.all(three.map(held))).map((leases) => leases.length)).toEqual([1, 1, 1]);
});

it('does not wait for a replica that releases', async () => {
  const [one, other] = [replica(), replica()];
  await one.hold();
  await one.releaseAll();
  expect(await held(other)).toEqual(['0:2', '1:2', '2:2']);
});

it('follows no disabled and no removed cluster; one that is registered again gets a new number', async () => {
  const one = replica();
  const [, , third] = await one.hold();
  await query('update clusters set disabled_at = now() where id = $1', [ids[0]]);
  await query('delete from clusters where id = $1', [ids[1]]);
  expect(await held(one)).toEqual(['2:1']);
  await query('delete from clusters where id = $1', [ids[2]]);
  await query('update clusters set disabled_at = null where id = $1', [ids[0]]);
  ids.push(await insertCluster(started.database, 'c'));
  const now = await one.hold();
  expect(now.map(({ clusterId, token }) => `${ids.indexOf(clusterId)}:${token}`)).toEqual(['0:1', '3:1']);
  expect(now[1]?.number).toBeGreaterThan(third?.number ?? Number.NaN);
});
