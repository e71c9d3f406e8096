import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

type Status = { reason: string; message: string };

const CONFIG_MAPS = '/kubernetes/rolled/api/v1/namespaces/default/configmaps';
const ROUNDS = volume({ ci: 1, nightly: 20 });
const STREAMS = volume({ ci: 40, nightly: 200 });
/** 200 requests per second in all. */
const PERIOD_MS = 5;
const EXIT_MS = 30_000;
/** As a load balancer asks, so much sooner than the replicas' delay ends. */
const PROBE_MS = 200;
const DELAY_SECONDS = '3';

let replicas: Archon[];
let cluster: RecordingApiServer;

beforeAll(async () => {
  const first = await Archon.start({
    settings: {
      ARCHON_SHUTDOWN_DELAY_SECONDS: DELAY_SECONDS,
      ARCHON_MAX_STREAMS_PER_USER: String(STREAMS),
      ARCHON_MAX_STREAMS_PER_CLUSTER: String(STREAMS),
      // The recorder shares the event loop of the test, which opens all watches at once.
      ARCHON_CLUSTER_CONNECT_TIMEOUT_MS: '20000',
    },
  });
  replicas = [first];
  replicas.push(...(await Promise.all([first.replica(), first.replica()])));
  cluster = await startRecordedCluster(first, 'rolled');
  cluster.local.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'here', namespace: 'default' } });
}, 120_000);
afterAll(async () => {
  const [first, ...others] = replicas ?? [];
  await Promise.all(others.map((other) => other.kill()));
  await first?.dispose();
  await cluster?.close();
});

/** Sends requests to the replicas that say they are ready, in turn, as a load balancer does. */
class Balancer {
  private ready: Archon[] = [];
  private turn = 0;
  private readonly probing: Promise<void>;
  private isRunning = true;

  constructor(private readonly all: readonly Archon[]) {
    this.probing = this.probe();
  }

  get isServing(): boolean {
    return this.ready.length === this.all.length;
  }

  next(): Archon {
    const chosen = this.ready[this.turn++ % this.ready.length];
    if (chosen === undefined) throw new Error('no replica is ready');
    return chosen;
  }

  async stop(): Promise<void> {
    this.isRunning = false;
    await this.probing;
  }

  private async probe(): Promise<void> {
    for (; this.isRunning; await sleep(PROBE_MS)) {
      const states = await Promise.all(this.all.map(async (one) => (await one.client.get('/readyz').catch(() => ({ status: 0 }))).status));
      this.ready = this.all.filter((_, index) => states[index] === 200);
    }
  }
}

/** An open watch of an object that stays as it is, beside all that the load makes; how it ended. */
async function watch(by: Archon): Promise<{ ended: Promise<string> }> {
  const { status, body } = await by.client.stream(`${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name=here`);
  let text = '';
  body.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<string>((resolve) => {
    body.once('end', () => resolve(text.trim().split('\n').at(-1) ?? '')).once('error', (error) => resolve(String(error)));
  });
  if (status !== 200) throw new Error(`watch refused with ${status}: ${await ended}`);
  return { ended };
}

it('F-16 T117 nest#7611: replicas are restarted in turn under 200 requests per second and open watches; nobody notices but the watches, which are told why', {
  timeout: 120_000 * ROUNDS,
}, async () => {
  const balancer = new Balancer(replicas);
  await eventually(() => balancer.isServing, { what: 'all replicas to serve', timeoutMs: 20_000 });
  const pending: Promise<string>[] = [];
  const ask = async (number: number): Promise<string> => {
    const by = balancer.next();
    // One in ten is a change, which must be there afterwards.
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `made-${number}`, namespace: 'default' } };
    const { status } = await (number % 10 === 0 ? by.client.post(CONFIG_MAPS, body) : by.client.get(`${CONFIG_MAPS}/here`));
    return status === (number % 10 === 0 ? 201 : 200) ? 'answered' : `status ${status}`;
  };
  const load = setInterval(() => pending.push(ask(pending.length).catch(String)), PERIOD_MS);
  const exits: number[] = [];
  const reasons: string[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++)
      for (const replica of replicas) {
        const watches = await Promise.all(Array.from({ length: STREAMS }, () => watch(replica)));
        const begin = performance.now();
        expect(await replica.terminate()).toBe(0);
        exits.push(performance.now() - begin);
        reasons.push(...(await Promise.all(watches.map(({ ended }) => ended))));
        await replica.run();
        await eventually(() => balancer.isServing, { what: 'the restarted replica to serve', timeoutMs: 20_000 });
      }
  } finally {
    clearInterval(load);
    await balancer.stop();
  }
  const answers = await Promise.all(pending);
  expect(answers.filter((answer) => answer !== 'answered')).toEqual([]);
  const created = cluster.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/configmaps'));
  expect(created).toHaveLength(Math.ceil(answers.length / 10)); // none lost, none twice
  expect(reasons).toHaveLength(STREAMS * replicas.length * ROUNDS);
  for (const reason of reasons) {
    const event = JSON.parse(reason) as { type: string; object: Status };
    expect(event).toMatchObject({
      type: 'ERROR',
      object: { reason: 'ServiceUnavailable', message: expect.stringContaining('shutting down') },
    });
  }
  expect(Math.max(...exits)).toBeLessThan(EXIT_MS);
  accept({
    row: 'F-16',
    what: `rolling restart of ${replicas.length} replicas under 200 requests per second`,
    volume: `${ROUNDS} rounds, ${answers.length} requests, ${reasons.length} watches`,
    result: `0 failed, every watch told why, exit after ${(Math.max(...exits) / 1000).toFixed(1)} s at most`,
  });
});
