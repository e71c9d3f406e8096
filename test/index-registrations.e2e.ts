import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { indexRows } from './support/index-rows.js';
import { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

const TURNS = 10;
/** Ten times this is more than the process may have: were the objects of each turn still held, it would end. */
const OBJECTS = { count: 500, bytes: 40_000 };
const HEAP_MEBIBYTES = 160;

let archon: Archon;
let server: RecordingApiServer;
beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_INDEX: 'true', NODE_OPTIONS: `--max-old-space-size=${HEAP_MEBIBYTES}` } });
  server = await RecordingApiServer.start();
  for (let index = 0; index < OBJECTS.count; index++)
    server.local.put({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `s-${index}`, namespace: 'default', annotations: { text: 'x'.repeat(OBJECTS.bytes) } },
    });
}, 120_000);
afterAll(async () => {
  await archon?.dispose();
  await server?.close();
});

/** Registers the cluster, waits for all of it to be indexed, and forgets it again. */
async function turn(): Promise<void> {
  await archon.registerKubeconfig('again', server.kubeconfig());
  const indexed = () => indexRows(archon.database, { cluster: 'again', resource: 'services' });
  await eventually(async () => (await indexed()).length === OBJECTS.count, { what: 'the cluster to be indexed', timeoutMs: 20_000 });
  const { status, text } = await archon.client.delete('/acp/v1/clusters/again');
  expect(status, text).toBeLessThan(300);
  await eventually(() => server.local.watches.count === 0, { what: 'the watches to end' });
}

/** What the process holds open. */
async function held(): Promise<{ sockets: number; timers: number }> {
  const { text } = await archon.client.get('/metrics');
  const active = (type: string) => Number(new RegExp(`^nodejs_active_resources\\{type="${type}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { sockets: active('TCPSocketWrap'), timers: active('Timeout') };
}

describe('argo-cd#21213: a cluster that is registered and deleted ten times', () => {
  it('leaves no socket, timer or memory behind', { timeout: 300_000 }, async () => {
    await turn();
    const before = await held();
    expect(Math.min(before.timers, before.sockets)).toBeGreaterThan(0);
    for (let number = 0; number < TURNS; number++) await turn();
    expect(archon.isRunning).toBe(true);
    await eventually(() => server.connections.open === 0, { what: 'the connections to end', timeoutMs: 20_000 });
    const left = () => archon.database.query('select from indexed_clusters where cluster_id is null');
    await eventually(async () => (await left()).length === 0, { what: 'the rows to go', timeoutMs: 30_000 });
    // Connections to the database come and go; one socket or timer of each turn that stays would never come to less.
    const after = await eventually(
      async () => {
        const now = await held();
        return now.sockets < before.sockets + TURNS && now.timers < before.timers + TURNS && now;
      },
      { what: 'sockets and timers to go', timeoutMs: 60_000, intervalMs: 1000 },
    );
    accept({
      row: 'F-6',
      what: 'a cluster that is registered and deleted again and again',
      volume: `${TURNS} times, ${OBJECTS.count} objects of ${OBJECTS.bytes / 1000} kB`,
      result: `sockets ${before.sockets} → ${after.sockets}, timers ${before.timers} → ${after.timers}, within ${HEAP_MEBIBYTES} MiB`,
    });
  });
});
