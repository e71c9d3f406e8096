import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';

const CONFIG_MAPS = '/kubernetes/rec/api/v1/namespaces/default/configmaps';
const ROUNDS = 5;
/** What the record may add to a single change, at the median: a commit of Postgres, on a machine that does other things as well. */
const ADDED_MS = 4;

/** Of the changes per second without waiting, when several share a commit. */
const MIN_SHARE = 0.25;

/** By whether a change waits for its record. */
const archons: Record<'true' | 'false', Archon | undefined> = { true: undefined, false: undefined };
const clusters: RecordingApiServer[] = [];
let created = 0;

beforeAll(async () => {
  for (const required of ['true', 'false'] as const) {
    const archon = await Archon.start({ settings: { ARCHON_AUDIT_REQUIRED: required, ARCHON_MAX_REQUESTS_PER_USER: '200' } });
    archons[required] = archon;
    const cluster = await startRecordedCluster(archon, 'rec');
    cluster.on({ path: '/api/v1/namespaces/default/configmaps', method: 'POST' }, { action: 'answer', status: 201, body: {} });
    clusters.push(cluster);
  }
});
afterAll(async () => {
  await Promise.all([...Object.values(archons).map((archon) => archon?.dispose()), ...clusters.map((cluster) => cluster.close())]);
});

/** The time of each create, and how many there were per second. */
async function creates(required: 'true' | 'false', concurrency: number): Promise<{ times: number[]; perSecond: number }> {
  const { client } = archons[required] as Archon;
  const times: number[] = [];
  const begin = performance.now();
  let left = 100 + 10 * concurrency;
  const worker = async () => {
    while (left-- > 0) {
      const sent = performance.now();
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `m-${++created}` } };
      expect((await client.post(CONFIG_MAPS, body)).status).toBe(201);
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { times, perSecond: (times.length * 1000) / (performance.now() - begin) };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;

it.each([1, 8, 64])('a record before each of %d changes at a time costs a commit, which they share', async (concurrency) => {
  await creates('true', concurrency);
  await creates('false', concurrency);
  const runs = { true: [] as number[], false: [] as number[] };
  const shares: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [waiting, hasty] = [await creates('true', concurrency), await creates('false', concurrency)];
    runs.true.push(...waiting.times);
    runs.false.push(...hasty.times);
    shares.push(waiting.perSecond / hasty.perSecond);
  }
  const [recorded, unrecorded] = [median(runs.true), median(runs.false)];
  const share = median(shares);
  const result = `median ${recorded.toFixed(2)} ms, without ${unrecorded.toFixed(2)} ms; ${Math.round(100 * share)} % of the changes per second`;
  if (concurrency === 1) expect(recorded - unrecorded, result).toBeLessThan(ADDED_MS);
  else expect(share, result).toBeGreaterThan(MIN_SHARE);
  accept({ row: 'T95', what: 'changes that wait for their record', volume: `${concurrency} at a time`, result });
});
