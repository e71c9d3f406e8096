import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

const PODS = '/kubernetes/rec/api/v1/namespaces/default/pods';
const TOKENS = '/auth/v1/accesstoken';
const LIMIT = 5;

let archon: Archon;
let cluster: RecordingApiServer;
beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_MAX_REQUESTS_PER_USER: String(LIMIT) } });
  cluster = await startRecordedCluster(archon, 'rec');
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

it('a user has a number of requests under way, and each other user too', async () => {
  const [jane, joe] = [await archon.as('jane@example.org'), await archon.as('joe@example.org')];
  cluster.on({ path: '/slow' }, { action: 'delay', ms: 1500 }, { times: LIMIT + 2 });
  const slow = Array.from({ length: LIMIT }, () => jane.get('/kubernetes/rec/slow'));
  await eventually(() => cluster.requests.filter(({ url }) => url === '/slow').length === LIMIT, { what: 'the requests to be under way' });

  for (const url of [PODS, TOKENS]) {
    const refused = await jane.get<{ reason: string; message: string }>(url);
    expect([refused.status, refused.body.reason, refused.headers['retry-after']]).toEqual([429, 'TooManyRequests', '1']);
    expect(refused.body.message).toContain('5 requests under way');
    expect((await joe.get(url)).status).toBe(200);
  }
  await Promise.all(slow);
  for (const url of [PODS, TOKENS]) expect((await jane.get(url)).status).toBe(200);
});

it('a request that its client gives up does not count any more', async () => {
  const jane = await archon.as('jane@example.org');
  for (let i = 0; i < 3 * LIMIT; i++) {
    const connection = await jane.openRaw();
    connection.write(
      `POST ${TOKENS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${archon.token}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    await sleep(5);
    connection.close();
  }
  await eventually(async () => (await archon.client.get(TOKENS)).status === 200, { what: 'the limit to be free again' });
});

it('who asks too often without a credential waits, and those with one do not', { timeout: 60_000 }, async () => {
  const stranger = archon.client.as(undefined);
  expect((await archon.client.get(TOKENS)).status).toBe(200);
  const ask = async () => {
    const begin = performance.now();
    const { status } = await stranger.get(TOKENS);
    return { status, ms: performance.now() - begin };
  };
  const asking = Promise.all(Array.from({ length: 40 }, () => Array.fromAsync({ length: 20 }, ask)));
  const known = await Array.fromAsync({ length: 10 }, async () => (await archon.client.get(TOKENS)).status);
  const answers = (await asking).flat();
  const refused = answers.filter(({ status }) => status === 429);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
  expect(answers.length - refused.length).toBeGreaterThan(400);
  expect(Math.min(...refused.map(({ ms }) => ms))).toBeGreaterThan(900);
  expect(new Set(known)).toEqual(new Set([200]));
  await eventually(async () => (await ask()).status === 401, { what: 'the limit to be over', timeoutMs: 30_000 });
});

it('a body that comes too slowly is cut off with 408, a long one at a fair pace is not', { timeout: 60_000 }, async () => {
  const head = (length: number) =>
    `POST ${TOKENS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${archon.token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const [slow, steady] = await Promise.all([archon.client.openRaw(), archon.client.openRaw()]);
  const body = '{"description":"steady"}'.padEnd(400_000);
  slow.write(head(100_000));
  steady.write(head(body.length));
  const begin = performance.now();
  let sent = 0;
  while (!slow.closed && performance.now() - begin < 40_000) {
    slow.write(' ');
    if (sent < body.length - 4000) steady.write(body.slice(sent, (sent += 4000)));
    await sleep(400);
  }
  expect(slow.text).toMatch(/^HTTP\/1\.1 408 [^]*"kind":"Status"/);
  expect(performance.now() - begin).toBeGreaterThan(19_000);
  expect(steady.closed).toBe(false);
  steady.write(body.slice(sent));
  await steady.receives(/^HTTP\/1\.1 201 /);
  for (const connection of [slow, steady]) connection.close();
});
