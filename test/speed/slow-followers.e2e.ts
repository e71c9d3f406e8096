import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { percentile } from '../../bench/statistics.js';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import type { RawConnection } from '../support/raw-connection.js';
import { rawRequest } from '../support/raw-request.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

const FOLLOWERS = volume({ ci: 100, nightly: 200 });
/** One after the other for seconds: the logs come as fast as they can at first, and are held back then. */
const CALLS = volume({ ci: 5000, nightly: 20_000 });
const MIB = 1024 * 1024;
/** What each log offers: as much as 10 MiB in each of 20 seconds, as fast as it is taken. */
const LOG_BYTES = 200 * MIB;
const CHUNK = Buffer.alloc(64 * 1024, 0x0a);
/** Above the p99 without followers: 20 %, or what a core that is busy with something else may cost. */
const SHARE = 1.2;
const NOISE_MS = 15;
const MAX_GROWTH_MIB = 300;

const PODS = '/kubernetes/rec/api/v1/namespaces/default/pods';

let archon: Archon;
let cluster: RecordingApiServer;
let produced = 0;
const residentMib = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${archon.pid}/status`, 'utf8'))?.[1]) / 1024;

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_MAX_STREAMS_PER_USER: '1000' } });
  cluster = await startRecordedCluster(archon, 'rec');
  cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
  cluster.local.podLogs = async function* () {
    for (let sent = 0; sent < LOG_BYTES; sent += CHUNK.length) {
      produced += CHUNK.length;
      yield await Promise.resolve(CHUNK);
    }
  };
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

/** Calls of somebody else to the same cluster, one after the other. */
async function othersP99(calls: number): Promise<number> {
  const times: number[] = [];
  while (times.length < calls) {
    const begin = performance.now();
    expect((await archon.client.get(`${PODS}/web`)).status).toBe(200);
    times.push(performance.now() - begin);
  }
  return percentile(times, 0.99);
}

describe(`T24: ${FOLLOWERS} followers of logs that never read`, () => {
  const followers: RawConnection[] = [];
  let before = { p99: 0, mib: 0 };

  beforeAll(async () => {
    await othersP99(1000); // what Archon compiles and loads once is not of the followers
    before = { p99: await othersP99(CALLS), mib: residentMib() };
    const token = await archon.tokenOf('slow@example.org');
    for (let i = 0; i < FOLLOWERS; i++) {
      const follower = await archon.client.openRaw();
      follower.socket.pause();
      follower.write(rawRequest(`${PODS}/web/log?follow=true`, { token }));
      followers.push(follower);
    }
    const following = () => cluster.requests.filter(({ path }) => path.endsWith('/log')).length;
    await eventually(() => following() === FOLLOWERS, { what: 'all logs to be followed', timeoutMs: 30_000 });
  }, 120_000);
  afterAll(() => followers.forEach((follower) => follower.close()));

  it('rancher#37747: do not delay calls of others to the same cluster', async () => {
    const during = await othersP99(CALLS);
    const result = `p99 of others ${before.p99.toFixed(1)} ms before, ${during.toFixed(1)} ms during`;
    expect(during, result).toBeLessThanOrEqual(Math.max(before.p99 * SHARE, before.p99 + NOISE_MS));
    accept({ row: 'T24', what: 'followers that never read: other calls', volume: `${FOLLOWERS} followers, ${CALLS} calls`, result });
  });

  it('rancher#37250: are held back at the cluster, and fill no memory', async () => {
    let last = -1;
    await eventually(() => produced === last || ((last = produced), false), {
      what: 'the logs to be held back',
      intervalMs: 1000,
      timeoutMs: 60_000,
    });
    const grown = residentMib() - before.mib;
    const result = `${Math.round(grown)} MiB more, ${(produced / MIB / FOLLOWERS).toFixed(1)} of 200 MiB taken from each`;
    expect(grown, result).toBeLessThan(MAX_GROWTH_MIB);
    expect(produced / FOLLOWERS, result).toBeLessThan(16 * MIB); // what the sockets of three processes hold
    accept({ row: 'T24', what: 'followers that never read: memory', volume: `${FOLLOWERS} followers`, result });
  });
});
