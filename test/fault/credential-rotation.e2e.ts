import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { proxied } from '../support/fleet.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

type Status = { kind: string; reason: string; message: string };

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const ROTATIONS = volume({ ci: 10, nightly: 100 });
/** 100 requests per second in all. */
const PERIOD_MS = 10;

let archon: Archon;
let replica: Archon;
let server: RecordingApiServer;
let token: string;

beforeAll(async () => {
  archon = await Archon.start();
  replica = await archon.replica();
  server = await startRecordedCluster(archon, 'turning');
  ({ token } = server);
  server.local.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'here', namespace: 'default' } });
}, 60_000);
afterAll(async () => {
  await replica?.kill();
  await Promise.all([archon?.dispose(), server?.close()]);
});

const change = (by: Archon, next: string) =>
  by.client.patch<Status>('/acp/v1/clusters/turning', {
    spec: { endpoint: server.url, certificateAuthorityData: Buffer.from(server.caPem).toString('base64'), token: next },
  });

/** A new credential, and at once the end of the old one. */
async function rotate(by: Archon, next: string): Promise<void> {
  server.tokens.add(next);
  const { status, text } = await change(by, next);
  expect(status, text).toBe(200);
  server.tokens.delete(token);
  token = next;
}

it('F-21 T122 a credential is replaced under 100 requests per second on two replicas, and no caller notices', {
  timeout: 300_000,
}, async () => {
  let refused = 0;
  // Each request is under way for a while: the credential with which it was sent may have ended when it is looked at.
  const slow = server.on({ path: `${CONFIG_MAPS}/here` }, async (request) => {
    await sleep(250);
    if (!server.tokens.has(request.header('authorization')[0]?.slice('Bearer '.length) ?? '')) refused++;
    return undefined;
  });
  const pending: Promise<number>[] = [];
  const replicas = [archon, replica];
  const ask = async (by: Archon) => (await by.client.get(proxied('turning')).catch(() => ({ status: 0 }))).status;
  const load = setInterval(() => pending.push(ask(replicas[pending.length % 2] as Archon)), PERIOD_MS);
  try {
    for (let turn = 0; turn < ROTATIONS; turn++) {
      const target = pending.length + 50;
      await eventually(() => pending.length >= target, { what: 'half a second of requests', timeoutMs: 20_000 });
      await rotate(replicas[turn % 2] as Archon, `credential-${turn}`);
    }
  } finally {
    clearInterval(load);
  }
  const statuses = await Promise.all(pending);
  slow.remove();
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(refused).toBeGreaterThan(0);
  expect(slow.hits).toBe(statuses.length + refused);
  accept({
    row: 'F-21',
    what: 'cluster credential replaced under 100 requests per second on two replicas',
    volume: `${ROTATIONS} rotations, ${statuses.length} requests`,
    result: `0 failed; ${refused} were refused with the old credential and sent once more`,
  });
});

it('T122 a write that met the change is answered truthfully: it had no effect, and is not sent twice', { timeout: 60_000 }, async () => {
  const arrived = Promise.withResolvers<undefined>();
  const go = Promise.withResolvers<undefined>();
  const held = server.on({ method: 'POST', path: CONFIG_MAPS }, async () => {
    arrived.resolve(undefined);
    await go.promise;
    return undefined;
  });
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'written', namespace: 'default' } };
  const writing = archon.client.post<Status>(`/kubernetes/turning${CONFIG_MAPS}`, body);
  await arrived.promise;
  await rotate(replica, 'after-the-write');
  go.resolve(undefined);
  const { status, headers, body: answer } = await writing;
  expect([status, headers['retry-after'], answer.message]).toEqual([503, '1', expect.stringContaining('had no effect')]);
  expect(held.hits).toBe(1);
  held.remove();
  expect((await archon.client.get(`/kubernetes/turning${CONFIG_MAPS}/written`)).status).toBe(404);
  expect((await archon.client.post(`/kubernetes/turning${CONFIG_MAPS}`, body)).status).toBe(201);
});

it('T122 a credential that ended without another one: the refusal of the cluster is passed on as it is', { timeout: 60_000 }, async () => {
  const [valid] = server.tokens;
  server.tokens.clear();
  const answers = await Promise.all(Array.from({ length: 20 }, () => archon.client.get<Status>(proxied('turning'))));
  for (const { status, body } of answers) expect([status, body.kind, body.reason]).toEqual([401, 'Status', 'Unauthorized']);
  server.tokens.add(valid ?? '');
  expect((await archon.client.get(proxied('turning'))).status).toBe(200);
});
