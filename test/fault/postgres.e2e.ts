import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type EmbeddedPostgres, FieldCipher, startEmbeddedPostgres } from '#database';
import { verifyAuditLog } from '../../apps/archon/src/audit/audit-verifier.gateway.js';
import { accept, isNightly } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { ArchonClient } from '../support/http-client.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

const TOKENS = '/auth/v1/accesstoken';
const CONFIG_MAPS = '/kubernetes/rec/api/v1/namespaces/default/configmaps';
// Half of the catalogue's ten minutes at night: a storm is over within a second, and each is like the one before.
const STORM_MS = isNightly ? 300_000 : 30_000;
const STOP_MS = 60_000;
const RESTARTS = isNightly ? 20 : 2;
const WORKERS = 4;

interface Answer {
  at: number;
  ms: number;
  status: number;
  retryAfter: string | undefined;
  kind: string;
  requestId: string;
  /** Of a token that was made. */
  id: string | undefined;
}

let folder: string;
let postgres: EmbeddedPostgres;
let archon: Archon;
let cluster: RecordingApiServer;
let client: ArchonClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(inject('environment').state, 'postgres-'));
  postgres = await startEmbeddedPostgres(folder, { dieWithParent: true });
  archon = await Archon.start({ settings: { ARCHON_DATABASE_URL: postgres.url } });
  cluster = await startRecordedCluster(archon, 'rec');
  const caPem = await readFile(path.join(archon.state, 'tls', 'ca.crt'), 'utf8');
  client = new ArchonClient({ url: archon.client.url, token: archon.token, caPem });
});
afterAll(async () => {
  await client?.close();
  await archon?.dispose();
  await cluster?.close();
  await postgres?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function query<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const connection = new Client({ connectionString: postgres.url, application_name: 'test' });
  await connection.connect();
  try {
    return (await connection.query<Row>(sql, parameters)).rows;
  } finally {
    await connection.end();
  }
}

const KINDS: Record<string, (requestId: string) => Promise<{ status: number; headers: object; body: unknown }>> = {
  read: (requestId) => client.get(TOKENS, { 'x-request-id': requestId }),
  change: (requestId) => client.post(TOKENS, { description: requestId }, { 'x-request-id': requestId }),
  'proxied read': (requestId) => client.get('/kubernetes/rec/version', { 'x-request-id': requestId }),
  'proxied change': (requestId) =>
    client.post(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: requestId } }, { 'x-request-id': requestId }),
};

/** Sends requests of all kinds while `act` runs, and tells what came back. */
async function loadDuring(act: () => Promise<void>): Promise<Answer[]> {
  const answers: Answer[] = [];
  let done = false;
  const worker = async () => {
    while (!done)
      for (const [kind, send] of Object.entries(KINDS)) {
        const [at, requestId] = [performance.now(), randomUUID()];
        const { status, headers, body } = await send(requestId);
        const { 'retry-after': retryAfter } = headers as { 'retry-after'?: string };
        answers.push({
          at,
          ms: performance.now() - at,
          status,
          retryAfter,
          kind,
          requestId,
          id: (body as { id?: string } | undefined)?.id,
        });
        await sleep(10);
      }
  };
  await Promise.all([act().finally(() => (done = true)), ...Array.from({ length: WORKERS }, worker)]);
  return answers;
}

const failed = ({ status }: Answer) => status >= 400;
const countOf = (answers: Answer[]) =>
  JSON.stringify(Object.entries(Object.groupBy(answers, ({ status }) => status)).map(([code, some]) => [code, some?.length]));

/** Every change that was acknowledged is in the database, and in an audit log that is whole. */
async function expectNothingLost(answers: Answer[]): Promise<number> {
  const changes = answers.filter((answer) => !failed(answer) && answer.kind.endsWith('change'));
  const tokens = changes.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const kept = await query<{ id: string }>('select id from access_tokens where id = any($1)', [tokens]);
  expect(kept).toHaveLength(tokens.length);
  const ids = changes.map(({ requestId }) => requestId);
  await eventually(
    async () => {
      const sql = `select distinct request_id from audit_events where request_id = any($1) and stage = 'ResponseComplete' and outcome = 'Success'`;
      return (await query(sql, [ids])).length === ids.length;
    },
    { what: 'all acknowledged changes to be in the audit log' },
  );
  const connection = new Client({ connectionString: postgres.url });
  await connection.connect();
  const cipher = await FieldCipher.load(path.join(archon.state, 'keys', 'encryption.key'));
  expect((await verifyAuditLog(connection, cipher)).fault).toBeUndefined();
  await connection.end();
  return changes.length;
}

/** How long it takes from now until all kinds of requests succeed again. */
async function recoveryMs(): Promise<number> {
  const begin = performance.now();
  await eventually(
    async () => {
      const results = await Promise.all(Object.values(KINDS).map((send) => send(randomUUID())));
      return results.every(({ status }) => status < 400);
    },
    { what: 'all to be well again', timeoutMs: 30_000, intervalMs: 50 },
  );
  return Math.round(performance.now() - begin);
}

describe('F-11', () => {
  it('T113 the end of all connections each 5 s ends no process and costs few requests', { timeout: STORM_MS + 60_000 }, async () => {
    const { pid } = archon;
    let ended = 0;
    const storms: number[] = [];
    const answers = await loadDuring(async () => {
      for (const until = performance.now() + STORM_MS; performance.now() < until; await sleep(5000)) {
        storms.push(performance.now());
        const sql = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'archon%'`;
        ended += (await query(sql)).length;
      }
    });
    expect([archon.pid, archon.isRunning]).toEqual([pid, true]);
    expect(ended).toBeGreaterThan(storms.length);
    const failures = answers.filter(failed);
    expect(failures.length / answers.length, countOf(answers)).toBeLessThan(0.02);
    for (const { status, retryAfter, kind } of failures) expect([status, retryAfter], kind).toEqual([503, expect.stringMatching(/^\d+$/)]);
    // Each failure belongs to a storm that is less than a second old.
    const late = failures.map(({ at }) => Math.min(...storms.map((storm) => at - storm).filter((ms) => ms >= -1000)));
    expect(Math.max(0, ...late)).toBeLessThan(1000);
    const changes = await expectNothingLost(answers);
    const rate = ((100 * failures.length) / answers.length).toFixed(2);
    accept({
      row: 'F-11',
      what: 'Postgres: all backends terminated each 5 s',
      volume: `${STORM_MS / 1000} s, ${answers.length} requests`,
      result: `0 process exits, ${rate} % errors, recovered within ${Math.round(Math.max(0, ...late))} ms, ${changes} acknowledged changes kept`,
    });
  });
});

describe('F-12', () => {
  const postmaster = async () => Number.parseInt(await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);

  it('an immediate restart loses nothing that was acknowledged', { timeout: RESTARTS * 30_000 + 30_000 }, async () => {
    let [slowest, requests, changes] = [0, 0, 0];
    for (let restart = 0; restart < RESTARTS; restart++) {
      const answers = await loadDuring(async () => {
        await sleep(1000);
        process.kill(await postmaster(), 'SIGQUIT');
        await eventually(async () => !isAlive(await postmaster().catch(() => 0)), { what: 'Postgres to be gone', timeoutMs: 20_000 });
        postgres = await startEmbeddedPostgres(folder, { dieWithParent: true });
        slowest = Math.max(slowest, await recoveryMs());
        await sleep(500);
      });
      for (const { status, retryAfter } of answers.filter(failed))
        expect([status, retryAfter]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      changes += await expectNothingLost(answers);
      requests += answers.length;
    }
    expect(archon.isRunning).toBe(true);
    expect(slowest).toBeLessThan(5000);
    accept({
      row: 'F-12',
      what: 'Postgres: immediate restart',
      volume: `${RESTARTS} restarts, ${requests} requests`,
      result: `recovered within ${slowest} ms, ${changes} acknowledged changes kept`,
    });
  });

  it('a stop is answered with 503 and Retry-After within a second', { timeout: STOP_MS + 60_000 }, async () => {
    let [stopped, started] = [0, 0];
    const answers = await loadDuring(async () => {
      await sleep(1000);
      stopped = performance.now();
      await postgres.stop();
      await sleep(STOP_MS);
      postgres = await startEmbeddedPostgres(folder, { dieWithParent: true });
      started = performance.now();
      await recoveryMs();
      started = performance.now() - started;
      await sleep(500);
    });
    const failures = answers.filter(failed);
    expect(failures.length).toBeGreaterThan(10);
    for (const { status, retryAfter, kind } of failures) expect([status, retryAfter], kind).toEqual([503, expect.stringMatching(/^\d+$/)]);
    const slowest = Math.max(...answers.filter(({ at }) => at > stopped).map(({ ms }) => ms));
    expect(slowest).toBeLessThan(isNightly ? 1000 : 2000);
    expect(started).toBeLessThan(5000);
    const changes = await expectNothingLost(answers);
    accept({
      row: 'F-12',
      what: `Postgres: stopped for ${STOP_MS / 1000} s`,
      volume: `${answers.length} requests`,
      result: `503 within ${Math.round(slowest)} ms, recovered within ${Math.round(started)} ms, ${changes} acknowledged changes kept`,
    });
  });
});

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false; // no such process
  }
}
