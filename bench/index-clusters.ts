import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { startEmbeddedPostgres } from '#database';
import type { Lab, Progress } from '#lab';
import { type BenchArchon, startArchon } from './bench-archon.js';
import { BenchCluster, NAMESPACE } from './bench-cluster.js';
import { highestMegabytes } from './process-statistics.js';
import { atRate } from './rate.js';
import { percentile } from './statistics.js';
import { timed } from './timed.js';

/** The index over real API servers. */
export interface IndexFigures {
  sync: { pods: number; seconds: number; residentMegabytes: number; eventLoopP99Ms: number };
  lag: { clusters: number; changesPerSecond: number; samples: number; p50Ms: number; p95Ms: number };
  fanOut: { clusters: number; pods: number; indexP50Ms: number; liveP50Ms: number };
}

const SYNC_PODS = 100_000;
const LAG = { clusters: 5, objects: 100, changesPerSecond: 100, seconds: 30, sampleEvery: 101 };
const FAN_OUT = { clusters: 10, podsEach: 1000, turns: 30, warmUp: 5 };
const PAGE = 100;
const POLL_MS = 10;
const SYNC_POLL_MS = 500;
const TIMEOUT_MS = 300_000;

/** The first sync of a large cluster, then the lag of changes in several, then one list of them all beside asking each. */
export async function measureIndex(root: string, state: string, lab: Lab, progress: Progress): Promise<IndexFigures> {
  await using running = new AsyncDisposableStack();
  const postgres = await startEmbeddedPostgres(path.join(state, 'index-postgres'), { dieWithParent: true });
  running.defer(() => postgres.stop());
  const archon = await startArchon(root, path.join(state, 'index'), { tls: 'generated', databaseUrl: postgres.url });
  running.defer(() => archon.stop());
  const open = async (name: string): Promise<BenchCluster> => {
    const cluster = new BenchCluster(await lab.controlPlane(name));
    running.defer(() => cluster.close());
    return cluster;
  };
  const large = await open('large');
  const sync = await measureSync(archon, large, progress);
  await archon.client.call('DELETE', '/acp/v1/clusters/large');
  await large.plane.stop();
  const clusters: BenchCluster[] = [];
  for (let index = 0; index < FAN_OUT.clusters; index++) clusters.push(await open(`cluster-${index}`));
  for (const cluster of clusters) await cluster.register(archon);
  const lag = await measureLag(archon, clusters.slice(0, LAG.clusters), progress);
  const fanOut = await measureFanOut(archon, clusters, progress);
  return { sync, lag, fanOut };
}

async function measureSync(archon: BenchArchon, cluster: BenchCluster, progress: Progress): Promise<IndexFigures['sync']> {
  await progress.step(`create ${SYNC_PODS} Pods`, (waitingFor) =>
    cluster.createPods(SYNC_PODS, (created) => waitingFor(`${created} are created`)),
  );
  return progress.step(`index ${SYNC_PODS} Pods`, async (waitingFor) => {
    await eventLoopP99Ms(archon); // what is asked for next is of the time from here on
    const indexing = async () => {
      await cluster.register(archon);
      await until(async () => {
        const { items, metadata } = await listed(archon, 'pods', `clusters=${cluster.name}&limit=1`);
        const indexed = items.length + (metadata.remainingItemCount ?? 0);
        waitingFor(`${indexed} are indexed`);
        return indexed === SYNC_PODS && metadata.freshness[0]?.staleSince === undefined;
      }, SYNC_POLL_MS);
    };
    const { result, ms } = await timed(() => highestMegabytes(archon.pid, indexing));
    return { pods: SYNC_PODS, seconds: ms / 1000, residentMegabytes: result, eventLoopP99Ms: await eventLoopP99Ms(archon) };
  });
}

/** From the answer of an API server to a change until a list of Archon's shows it, while so many changes come. */
async function measureLag(archon: BenchArchon, clusters: readonly BenchCluster[], progress: Progress): Promise<IndexFigures['lag']> {
  const { objects, changesPerSecond, seconds, sampleEvery } = LAG;
  await progress.step(`${objects} ConfigMaps in each of ${clusters.length} clusters`, async () => {
    for (const cluster of clusters)
      for (let number = 0; number < objects; number++)
        await cluster.call('POST', CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: nameOf(number) } });
    for (const { name } of clusters) await until(async () => (await shows(archon, name, nameOf(objects - 1))) !== undefined, POLL_MS);
  });
  const times: number[] = [];
  let changed = 0;
  const change = async (cluster: BenchCluster, turn: number) => {
    const name = nameOf(turn % objects);
    const { metadata } = await cluster.call<Versioned>('PATCH', `${CONFIG_MAPS}/${name}`, { metadata: { labels: { turn: String(turn) } } });
    changed++;
    if (turn % sampleEvery !== 0) return;
    const begin = performance.now();
    // Each object is changed once a second; a later change is this one and another.
    await until(async () => Number(await shows(archon, cluster.name, name)) >= Number(metadata.resourceVersion), POLL_MS);
    times.push(performance.now() - begin);
  };
  return progress.step(`${changesPerSecond} changes a second in each of ${clusters.length} clusters`, async () => {
    const begin = performance.now();
    await Promise.all(clusters.map((cluster) => atRate(changesPerSecond, seconds, (turn) => change(cluster, turn))));
    return {
      clusters: clusters.length,
      changesPerSecond: changed / ((performance.now() - begin) / 1000) / clusters.length,
      samples: times.length,
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
    };
  });
}

/** One page of all clusters, sorted by name: from the index, and as whoever has none must do, from the Pods of all clusters. In turns. */
async function measureFanOut(archon: BenchArchon, clusters: readonly BenchCluster[], progress: Progress): Promise<IndexFigures['fanOut']> {
  const { podsEach, turns, warmUp } = FAN_OUT;
  const pods = podsEach * clusters.length;
  await progress.step(`${podsEach} Pods in each of ${clusters.length} clusters`, async (waitingFor) => {
    for (const cluster of clusters) await cluster.createPods(podsEach, (created) => waitingFor(`${created} in ${cluster.name}`));
    await until(async () => {
      const { items, metadata } = await listed(archon, 'pods', 'limit=1');
      return items.length + (metadata.remainingItemCount ?? 0) === pods;
    }, SYNC_POLL_MS);
  });
  const indexed = async () => (await listed(archon, 'pods', `sort=name&limit=${PAGE}`)).items.map(({ metadata }) => metadata.name);
  const live = async () => {
    const lists = await Promise.all(clusters.map((cluster) => cluster.call<{ items: Versioned[] }>('GET', `/api/v1/pods`)));
    const names = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
    return names.sort().slice(0, PAGE);
  };
  return progress.step('one page of all clusters', async () => {
    const times = { indexed: [] as number[], live: [] as number[] };
    for (let turn = 0; turn < warmUp + turns; turn++) {
      const [ours, theirs] = [await timed(indexed), await timed(live)];
      if (ours.result.join() !== theirs.result.join()) throw new Error('the index and the clusters give different pages');
      if (turn < warmUp) continue;
      times.indexed.push(ours.ms);
      times.live.push(theirs.ms);
    }
    return { clusters: clusters.length, pods, indexP50Ms: percentile(times.indexed, 0.5), liveP50Ms: percentile(times.live, 0.5) };
  });
}

interface Versioned {
  metadata: { name: string; resourceVersion: string };
}

interface Listed {
  items: Versioned[];
  metadata: { remainingItemCount?: number; freshness: { staleSince?: string }[] };
}

const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const nameOf = (number: number): string => `changing-${String(number).padStart(3, '0')}`;

/** A kind that no cluster has shown yet has no objects. */
async function listed({ client }: BenchArchon, resource: string, query: string): Promise<Listed> {
  const { status, body } = await client.call('GET', `/acp/v1/search/${resource}?${query}`, undefined, [404]);
  return status === 404 ? { items: [], metadata: { freshness: [] } } : (body as Listed);
}

/** The version of a ConfigMap as a list shows it. */
async function shows(archon: BenchArchon, cluster: string, name: string): Promise<string | undefined> {
  const query = new URLSearchParams({ clusters: cluster, keyword: name, limit: '1', fields: 'metadata.resourceVersion' });
  return (await listed(archon, 'configmaps', String(query))).items[0]?.metadata.resourceVersion;
}

/** Of the time since it was last asked. */
async function eventLoopP99Ms({ url, caFile }: BenchArchon): Promise<number> {
  const agent = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } });
  const { body } = await request(`${url}/metrics`, { dispatcher: agent });
  const seconds = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await body.text())?.[1];
  await agent.close();
  if (seconds === undefined) throw new Error('no delay of the event loop is told');
  return Number(seconds) * 1000;
}

async function until(isSo: () => Promise<boolean>, pollMs: number): Promise<void> {
  for (const end = performance.now() + TIMEOUT_MS; !(await isSo()); await sleep(pollMs))
    if (performance.now() > end) throw new Error(`it was waited for in vain for ${TIMEOUT_MS / 1000} s`);
}
