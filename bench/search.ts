import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { connectAndMigrate, dataSourceOptions, startEmbeddedPostgres } from '#database';
import type { Progress } from '#lab';
import { migrations } from '#migrations';
import { type BenchArchon, startArchon } from './bench-archon.js';
import { cpuSeconds, residentMegabytes } from './process-statistics.js';
import { atRate } from './rate.js';
import { FREQUENT, RARE, SearchData, type SearchScale } from './search-data.js';
import { percentile } from './statistics.js';

interface SearchTimes {
  what: string;
  requests: number;
  ratePerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface SearchFigures {
  scale: SearchScale;
  /** Rows per second while the index was filled. */
  filledPerSecond: number;
  /** Of tables and indexes, by object. */
  bytesPerObject: number;
  changesPerSecond: number;
  times: SearchTimes[];
  residentMegabytes: number;
  /** Of a processor's time, that of Postgres included. */
  changesPerCoreSecond: number;
}

export const SCALES: Record<string, SearchScale> = {
  '100k': { clusters: 20, namespacesPerCluster: 100, objects: 100_000 },
  '1M': { clusters: 100, namespacesPerCluster: 100, objects: 1_000_000 },
  '10M': { clusters: 500, namespacesPerCluster: 100, objects: 10_000_000 },
};
const ADMINISTRATORS = 'acp:platform:administrator';
/** Requests a second: of pages, which a console asks for all the time, and of what goes through many rows. */
const [OFTEN, SOMETIMES] = [50, 5];
const CHANGES = 500;
const CHANGE_EVERY_MS = 100;
const WRITTEN = { batches: 20, changes: 500 };

/** Lists from a large index while it changes, over HTTPS, each kind of request for some seconds. */
export async function measureSearch(
  root: string,
  state: string,
  { scale, seconds }: { scale: SearchScale; seconds: number },
  progress: Progress,
): Promise<SearchFigures> {
  await using running = new AsyncDisposableStack();
  const postgres = await startEmbeddedPostgres(path.join(state, 'search-postgres'), { dieWithParent: true });
  running.defer(() => postgres.stop());
  const { url } = postgres;
  const options = dataSourceOptions({ url, poolSize: 6, entities: [], migrations, onConnectionLost: () => undefined });
  const database = await connectAndMigrate({ ...options, url });
  running.defer(() => database.destroy());
  const data = new SearchData(database, scale);
  const readers = { 'few@example.org': 2, 'many@example.org': 50 };
  const filledPerSecond = await progress.step(`index ${scale.objects} objects of ${scale.clusters} clusters`, (waitingFor) =>
    data.fill(readers, ADMINISTRATORS, (written) => waitingFor(`${written} are written`)),
  );
  await progress.step('vacuum', () => database.query('vacuum analyze'));
  const [size] = await database.query<{ bytes: string }[]>(
    `select sum(pg_total_relation_size(inhrelid))::text as bytes from pg_inherits where inhparent = any('{objects,object_bodies}'::regclass[])`,
  );
  const archon = await startArchon(root, path.join(state, 'search'), { tls: 'generated', databaseUrl: url, index: false });
  running.defer(() => archon.stop());
  const tokens = { admin: archon.token, few: await tokenOf(archon, 'few@example.org'), many: await tokenOf(archon, 'many@example.org') };
  const times: SearchTimes[] = [];
  const changing = changesOf(data);
  running.defer(async () => void (await changing.stop()));
  for (const { reader, ...scenario } of SCENARIOS)
    times.push(await progress.step(scenario.what, () => measureList(archon, { ...scenario, token: tokens[reader], seconds })));
  const changesPerSecond = await changing.stop();
  const memory = residentMegabytes(archon.pid);
  const changesPerCoreSecond = await progress.step('changes, as many as there is time for', () => measureWrites(data, seconds));
  return {
    scale,
    filledPerSecond,
    bytesPerObject: Number(size?.bytes ?? 0) / scale.objects,
    changesPerSecond,
    times,
    residentMegabytes: memory,
    changesPerCoreSecond,
  };
}

/** Batches as reflectors write them, one after the other. */
async function measureWrites(data: SearchData, seconds: number): Promise<number> {
  const batches = [];
  for (let turn = 0; turn < WRITTEN.batches; turn++) batches.push(await data.pods(turn, WRITTEN.changes));
  const [begin, before] = [performance.now(), cpuSeconds(process.pid)];
  let written = 0;
  for (let turn = 0; performance.now() - begin < seconds * 1000; turn++) {
    const batch = batches[turn % batches.length];
    if (batch !== undefined) written += await data.write(batch);
  }
  return written / (cpuSeconds(process.pid) - before);
}

type Reader = 'admin' | 'few' | 'many';
const SORTED = ['sort=name', 'sort=-creationTimestamp', 'sort=-creationTimestamp&status=Failed', 'labelSelector=app=cart-3&sort=name'];
const PAGES = SORTED.map((query) => `/pods?${query}`);
interface Scenario {
  what: string;
  reader: Reader;
  paths: readonly string[];
  rate: number;
}
const SCENARIOS: readonly Scenario[] = [
  { what: 'page of 100 Pods, all clusters', reader: 'admin', paths: PAGES, rate: OFTEN },
  { what: 'the same, who sees 2 namespaces of each cluster', reader: 'few', paths: PAGES, rate: OFTEN },
  { what: 'the same, who sees 50 namespaces of each cluster', reader: 'many', paths: PAGES, rate: OFTEN },
  { what: `keyword "${RARE.word}" over all kinds`, reader: 'admin', paths: [`?q=${RARE.word}`], rate: OFTEN },
  { what: `keyword "${FREQUENT}" over all kinds`, reader: 'admin', paths: [`?q=${FREQUENT}&limit=100`], rate: SOMETIMES },
  { what: 'count of a sixth of all Pods', reader: 'admin', paths: ['/pods?labelSelector=tier=web&limit=1'], rate: SOMETIMES },
  { what: 'the same with facets', reader: 'admin', paths: ['/pods?labelSelector=tier=web&limit=1&facets=status,cluster'], rate: SOMETIMES },
];

async function tokenOf({ client }: BenchArchon, user: string): Promise<string> {
  const { body } = await client.call('POST', '/auth/v1/accesstoken', { description: 'bench', user });
  return (body as { token: string }).token;
}

/** Requests that begin at a rate. */
async function measureList(
  archon: BenchArchon,
  { what, token, paths, rate, seconds }: Omit<Scenario, 'reader'> & { token: string; seconds: number },
): Promise<SearchTimes> {
  const agent = new Agent({ connect: { ca: readFileSync(archon.caFile, 'utf8') }, connections: 16 });
  const times: number[] = [];
  const ask = async (turn: number) => {
    const begin = performance.now();
    const { statusCode, body } = await request(`${archon.url}/acp/v1/search${paths[turn % paths.length]}`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${what}: ${statusCode} ${text.slice(0, 500)}`);
    times.push(performance.now() - begin);
  };
  for (let turn = 0; turn < rate; turn++) await ask(turn);
  times.length = 0;
  await atRate(rate, seconds, ask);
  await agent.close();
  const at = (share: number) => percentile(times, share);
  return { what: `${what} (${rate}/s)`, requests: times.length, ratePerSecond: rate, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

/** Changes Pods until it is stopped; then says how many a second. */
function changesOf(data: SearchData): { stop(): Promise<number> } {
  let isRunning = true;
  let changed = 0;
  const begin = performance.now();
  const each = (CHANGES * CHANGE_EVERY_MS) / 1000;
  const work = (async () => {
    for (let turn = 0; isRunning; turn++) {
      const waitMs = begin + turn * CHANGE_EVERY_MS - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      await data.change(turn, each);
      changed += each;
    }
    return changed / ((performance.now() - begin) / 1000);
  })();
  work.catch(() => undefined);
  return {
    stop: () => {
      isRunning = false;
      return work;
    },
  };
}
