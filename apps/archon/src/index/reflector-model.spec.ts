import { setTimeout as sleep } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AddressPolicy, Connections, Discovery, KubernetesGateway } from '#kubernetes';
import { createLogger } from '#log';
import { accept, seed, volume } from '../../../../test/support/acceptance.js';
import { indexParts } from '../../../../test/support/index-parts.js';
import { insertCluster, type MigratedDatabase, startMigratedDatabase } from '../../../../test/support/migrated-database.js';
import { random, type Random } from '../../../../test/support/random.js';
import { RecordingApiServer } from '../../../../test/support/recording-api-server.js';
import { eventually } from '../../../../test/support/wait-for.js';
import { ClusterLeases } from './cluster-leases.service.js';
import { ClusterReflectors } from './cluster-reflectors.gateway.js';

const SCHEDULES = volume({ ci: 60, nightly: 10_000 });
const STEPS = 12;
const NAMES = Array.from({ length: 8 }, (_, index) => `m-${index}`);
/** As in a cluster, but a hundred times as fast. */
const PACE = { watchSeconds: 40, livenessMs: 300, relistMs: 50, backoffMs: { first: 10, longest: 100 } };

const connections = new Connections(
  { connectTimeoutMs: 1000, responseTimeoutMs: 500 },
  new AddressPolicy([ipaddr.parseCIDR('127.0.0.0/8')]),
);
const kubernetes = new KubernetesGateway(connections);
let started: MigratedDatabase;
let server: RecordingApiServer;
let clusterId: string;
let running: { reflectors: ClusterReflectors; done: Promise<void> } | undefined;
let followers = 0;

beforeAll(async () => {
  started = await startMigratedDatabase();
  server = await RecordingApiServer.start();
  clusterId = await insertCluster(started.database, 'model');
}, 60_000);
afterAll(async () => {
  running?.reflectors.stop();
  await running?.done;
  await server.close();
  await connections.close();
  await started.stop();
});

/** Another replica takes over; the one before is left running when it is not told. */
async function takeOver(isTold: boolean): Promise<void> {
  if (isTold) running?.reflectors.stop();
  const before = running?.done;
  await started.database.query(`update indexed_clusters set lease_until = now() - interval '1 second'`);
  const leases = new ClusterLeases(started.database);
  // What is just being written under the lease is left for the next round.
  const lease = await eventually(async () => (await leases.hold())[0], { what: 'the lease' });
  const cluster = {
    id: clusterId,
    name: 'model',
    endpoint: server.url,
    certificateAuthority: server.caPem,
    credential: { token: server.token },
    generation: 1,
  };
  const reflectors = new ClusterReflectors({
    lease,
    connect: () => Promise.resolve(cluster),
    kinds: [{ group: '', resource: 'configmaps' }],
    omitted: [],
    discovery: new Discovery(kubernetes),
    kubernetes,
    ...indexParts(started.database),
    logger: createLogger('silent'),
    pace: PACE,
  });
  followers++;
  running = { reflectors, done: reflectors.run() };
  if (isTold) await before;
}

const isList = ({ url }: { url: string }) => /\/configmaps\?limit/.test(url);
const isWatch = ({ url }: { url: string }) => /\/configmaps\?.*watch=true/.test(url);

/** What may happen to a watch, a list or a replica. Each is meant for the next one that comes, or for those that are open. */
function faults(): Record<string, () => unknown> {
  const once = { times: 1 };
  return {
    'dropped watches': () => server.local.dropWatches(),
    'broken watches': () => server.local.dropWatches({ abruptly: true }),
    'lost history': () => server.local.expireWatches(),
    bookmark: () => server.local.sendBookmark(),
    'refused watch': () => server.on(isWatch, { action: 'answer', status: 503 }, once),
    'throttled list': () => server.on(isList, { action: 'answer', status: 429, headers: { 'retry-after': '0' } }, once),
    'expired page': () =>
      server.on(isList, { action: 'answer', status: 410, body: '{"kind":"Status","code":410,"reason":"Expired"}' }, once),
    'cut list': () => server.on(isList, { action: 'truncate', bytes: 200 }, once),
    'cut watch': () => server.on(isWatch, { action: 'truncate', bytes: 300 }, once),
    'half-open watch': () => {
      const run = (socket: NodeJS.WritableStream) =>
        void socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
      server.on(isWatch, { action: 'takeOver', run }, once);
      server.local.dropWatches();
    },
    'doubled events': () => {
      server.local.watches.repeatMissed();
      server.local.dropWatches();
    },
    takeover: () => takeOver(false),
    handover: () => takeOver(true),
  };
}

function change(choice: Random, counter: number): void {
  const name = choice.of(NAMES);
  const metadata = { name, namespace: 'default' };
  if (server.local.find('v1', 'ConfigMap', 'default', name) === undefined || choice.below(3) > 0)
    server.local.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, labels: { step: String(counter) } } });
  else server.local.remove('v1', 'ConfigMap', 'default', name);
}

const present = () => NAMES.map((name) => server.local.find('v1', 'ConfigMap', 'default', name)).filter((object) => object !== undefined);
const wanted = () =>
  present()
    .map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`)
    .sort();
const indexed = async () =>
  (
    await started.database.query<{ text: string }[]>(
      `select o.name || ' ' || o.uid || ' ' || b.resource_version as text from objects o join object_bodies b using (kind, cluster, uid) where name like 'm-%'`,
    )
  )
    .map(({ text }) => text)
    .sort();

/** What the counts say otherwise than the objects themselves, and objects without a body, and bodies without an object. */
const miscounted = () => {
  const counted = 'select kind, cluster, namespace, status, count from object_counts where count <> 0';
  const there = `select kind, cluster, place.namespace, status, count(*)::int as count
    from objects o, unnest(array[0, o.namespace]) as place (namespace) group by 1, 2, 3, 4`;
  const oneTableAlone =
    'select kind, cluster, -1, uid::text, 1 from objects full join object_bodies b using (kind, cluster, uid) where name is null or b.body is null';
  return started.database.query<object[]>(`(${counted} except ${there}) union all (${there} except ${counted}) union all ${oneTableAlone}`);
};

it('is as the cluster is after whatever happens to lists, watches and replicas', {
  timeout: volume({ ci: 180_000, nightly: 4 * 3600_000 }),
}, async () => {
  const from = seed();
  const seen = new Map<string, number>();
  await takeOver(true);
  for (let schedule = 0; schedule < SCHEDULES; schedule++) {
    const choice = random(from + schedule);
    const what: string[] = [];
    for (let step = 0; step < STEPS; step++) {
      if (choice.below(2) === 0) change(choice, schedule * STEPS + step);
      else {
        const [name, happen] = choice.of(Object.entries(faults()));
        what.push(name);
        seen.set(name, (seen.get(name) ?? 0) + 1);
        await happen();
      }
      if (choice.below(3) === 0) await sleep(choice.below(20));
    }
    await eventually(async () => JSON.stringify(await indexed()) === JSON.stringify(wanted()), {
      what: `the index to be as the cluster after schedule ${schedule} of seed ${from}: ${what.join(', ')}`,
      timeoutMs: 20_000,
    });
    expect(await miscounted(), `after schedule ${schedule} of seed ${from}`).toEqual([]);
  }
  expect(Object.keys(faults()).filter((name) => !seen.has(name))).toEqual([]);
  accept({
    row: 'F-6',
    what: 'what a reflector sees, against a model: drops, doubled events, 410, half-open connections, compaction, takeovers',
    volume: `${SCHEDULES} schedules of ${STEPS} steps, ${followers} replicas`,
    result: '0 lost, 0 doubled after settling',
    seed: from,
  });
});
