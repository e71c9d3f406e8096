import { randomUUID } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { AddressPolicy, Connections, Discovery, KubernetesGateway, type KubernetesObject } from '#kubernetes';
import { createLogger } from '#log';
import { indexParts } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import { RecordingApiServer } from '../../../../test/support/recording-api-server.js';
import { eventually } from '../../../../test/support/wait-for.js';
import { ClusterLeases } from './cluster-leases.service.js';
import { ClusterReflectors } from './cluster-reflectors.gateway.js';

const KINDS = ['namespaces', 'configmaps', 'secrets'].map((resource) => ({ group: '', resource }));
const connections = new Connections(
  { connectTimeoutMs: 1000, responseTimeoutMs: 2000 },
  new AddressPolicy([ipaddr.parseCIDR('127.0.0.0/8')]),
);
const kubernetes = new KubernetesGateway(connections);
let started: MigratedDatabase;
let server: RecordingApiServer;
let clusterId: string;
let running: { reflectors: ClusterReflectors; done: Promise<void> }[];

beforeAll(async () => {
  started = await startMigratedDatabase();
}, 60_000);
afterAll(async () => {
  await connections.close();
  await started.stop();
});
beforeEach(async () => {
  server = await RecordingApiServer.start();
  clusterId = await insertCluster(started.database, `c-${randomUUID()}`);
  running = [];
});
afterEach(async () => {
  for (const { reflectors } of running) reflectors.stop();
  await Promise.all(running.map(({ done }) => done));
  await server.close();
});

const query = <Row>(sql: string, parameters: unknown[] = []) => started.database.query<Row[]>(sql, parameters);

/** A replica that takes the cluster over, whoever follows it. */
async function follow(kinds = KINDS) {
  await query(`update indexed_clusters set lease_until = now() - interval '1 second' where cluster_id = $1`, [clusterId]);
  const lease = (await new ClusterLeases(started.database).hold()).find((held) => held.clusterId === clusterId);
  if (lease === undefined) throw new Error('there is no lease');
  const reflectors = new ClusterReflectors({
    lease,
    connect: () =>
      Promise.resolve({
        id: clusterId,
        name: 'recorded',
        endpoint: server.url,
        certificateAuthority: server.caPem,
        credential: { token: server.token },
        generation: 1,
      }),
    kinds,
    omitted: [],
    discovery: new Discovery(kubernetes),
    kubernetes,
    ...indexParts(started.database),
    logger: createLogger('silent'),
  });
  const done = reflectors.run();
  running.push({ reflectors, done });
  return { reflectors, done };
}

const configMap = (name: string, data: Record<string, string> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const put = (...names: string[]) => names.map((name) => server.local.put(configMap(name)));
const remove = (name: string) => server.local.remove('v1', 'ConfigMap', 'default', name);
const configMaps = async () =>
  (
    await query<{ name: string }>(
      `select o.name from objects o join indexed_clusters c on c.id = o.cluster join indexed_kinds k on k.id = o.kind
       where c.cluster_id = $1 and k.resource = 'configmaps' order by o.name`,
      [clusterId],
    )
  ).map(({ name }) => name);
const indexed = (...names: string[]) =>
  eventually(async () => (await configMaps()).join() === names.join(), { what: `the index to have ${names.join()}`, timeoutMs: 15_000 });
const states = async () =>
  Object.fromEntries(
    (
      await query<{ resource: string; state: string }>(
        `select k.resource, r.state from reflections r join indexed_kinds k on k.id = r.kind join indexed_clusters c on c.id = r.cluster
         where c.cluster_id = $1`,
        [clusterId],
      )
    ).map(({ resource, state }) => [resource, state]),
  );
const requests = (pattern: RegExp) => server.requests.filter(({ url }) => pattern.test(url)).length;
const lists = () => requests(/\/configmaps\?limit/);
const watches = () => requests(/\/configmaps\?.*watch=true/);

it('has what a cluster has, and every change after that', async () => {
  put('a', 'b');
  await follow();
  await indexed('a', 'b');
  await eventually(async () => Object.values(await states()).join() === 'Watching,Watching,Watching', { what: 'all three to be watched' });
  put('c');
  remove('a');
  server.local.put({ ...configMap('b'), metadata: { name: 'b', namespace: 'default', labels: { changed: 'yes' } } });
  await indexed('b', 'c');
  expect(await query(`select name from objects where labels @> '{"changed":"yes"}'`)).toEqual([{ name: 'b' }]);
});

it('takes a list of several pages, and what happened between them', { timeout: 60_000 }, async () => {
  for (let i = 0; i < 1200; i++) put(`p-${String(i).padStart(4, '0')}`);
  let isFirst = true;
  server.afterEach = (request) => {
    if (!/configmaps\?limit/.test(request.url) || !isFirst) return;
    isFirst = false;
    remove('p-1100');
    put('z');
  };
  await follow();
  await eventually(async () => (await configMaps()).includes('z') && !(await configMaps()).includes('p-1100'), {
    what: 'what happened between pages',
    timeoutMs: 20_000,
  });
  expect(await configMaps()).toHaveLength(1200);
  expect(lists()).toBeGreaterThanOrEqual(3);
});

it('goes on after a broken watch where it was, without a list', async () => {
  put('a', 'b');
  await follow();
  await indexed('a', 'b');
  await eventually(() => watches() === 1, { what: 'the watch' });
  server.local.dropWatches({ abruptly: true });
  remove('a');
  put('c');
  await indexed('b', 'c');
  expect(lists()).toBe(1);
});

it('heals when the history is lost: what came and went meanwhile is right after a list', { timeout: 40_000 }, async () => {
  put('a', 'b');
  await follow();
  await indexed('a', 'b');
  await eventually(() => watches() === 1, { what: 'the watch' });
  const begun = performance.now();
  server.local.dropWatches();
  remove('a');
  put('c');
  server.local.expireWatches();
  await eventually(async () => (await configMaps()).join() === 'b,c', { what: 'the index to be right again', timeoutMs: 30_000 });
  // At most one list per ten seconds.
  expect(performance.now() - begun).toBeGreaterThan(8000);
  expect(lists()).toBe(2);
});

it('is taken over by another replica, which goes on where the index is; the first one writes nothing more and ends', async () => {
  put('a', 'b');
  const first = await follow();
  await indexed('a', 'b');
  await eventually(() => watches() === 1, { what: 'the watch' });
  await follow();
  await eventually(() => watches() === 2, { what: 'the watch of the successor' });
  remove('a');
  put('c');
  await indexed('b', 'c');
  await first.done;
  expect(lists()).toBe(1);
  expect(
    await query('select r.lease_token::int from reflections r join indexed_clusters c on c.id = r.cluster where cluster_id = $1', [
      clusterId,
    ]),
  ).toEqual(KINDS.map(() => ({ lease_token: 2 })));
});

it('misses nothing that happened while nobody followed', async () => {
  put('a', 'b');
  const first = await follow();
  await indexed('a', 'b');
  first.reflectors.stop();
  await first.done;
  remove('b');
  put('c');
  await follow();
  await indexed('a', 'c');
});

it('keeps no value of a Secret anywhere', async () => {
  const canary = `canary-${randomUUID()}`;
  const data = { password: Buffer.from(canary).toString('base64') };
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data }), 'example.org/copy': canary };
  server.local.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default', annotations }, data });
  server.local.put(configMap('m', { key: canary }));
  await follow();
  await indexed('m');
  await eventually(async () => (await query(`select from objects where name = 's'`)).length === 1, { what: 'the Secret' });
  const [row] = await query<{ everything: string }>(
    'select string_agg(o::text || b::text, chr(10)) as everything from objects o join object_bodies b using (kind, cluster, uid)',
  );
  expect(row?.everything).toContain('password');
  expect(row?.everything).not.toContain(canary);
  expect(row?.everything).not.toContain(data.password);
});

it('is kept up by no object that the database refuses', async () => {
  server.local.put(configMap('odd', { 'a\u0000b': 'text', 'c\ud800': 'text' }));
  put('a');
  await follow();
  await indexed('a', 'odd');
  server.local.put(configMap('odd2', { 'a\u0000b': '1' }));
  put('b');
  await indexed('a', 'b', 'odd', 'odd2');
});

it('says that a cluster does not let it, and since when it hears nothing', async () => {
  const hook = server.on(
    { path: /\/secrets/ },
    { action: 'answer', status: 403, body: '{"kind":"Status","code":403,"reason":"Forbidden","message":"no"}' },
  );
  put('a');
  await follow();
  await indexed('a');
  await eventually(async () => (await states()).secrets === 'Refused', { what: 'the refusal' });
  hook.remove();
  await eventually(() => watches() === 1, { what: 'the watch' });
  server.on((request) => request.url.includes('watch=true'), { action: 'reset' });
  server.local.dropWatches({ abruptly: true });
  await eventually(async () => (await states()).configmaps === 'Interrupted', { what: 'the interruption' });
  expect(await configMaps()).toEqual(['a']);
});

it('forgets a kind that is no longer wanted, and no other', async () => {
  put('a');
  const first = await follow();
  await indexed('a');
  first.reflectors.stop();
  await first.done;
  await follow([{ group: '', resource: 'namespaces' }]);
  await indexed();
  expect(await states()).toEqual({ namespaces: expect.any(String) as string });
});
