import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmbeddedPostgres, stopEmbeddedPostgres } from './embedded-postgres.gateway.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'postgres-'))));
afterAll(async () => {
  await stopEmbeddedPostgres(folder);
  await rm(folder, { recursive: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

it('starts below a private folder, is adopted by a second start, survives kill -9, and stops', { timeout: 60_000 }, async () => {
  const first = await startEmbeddedPostgres(folder, { dieWithParent: true });
  await query(first.url, 'create table kept (n int)');
  const pid = Number.parseInt(await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);

  const adopted = await startEmbeddedPostgres(folder, { dieWithParent: true });
  expect(Number.parseInt(await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8'), 10)).toBe(pid);

  process.kill(pid, 'SIGKILL');
  const recovered = await startEmbeddedPostgres(folder, { dieWithParent: true });
  expect(await query(recovered.url, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }]);

  await adopted.stop();
  expect(await stopEmbeddedPostgres(folder)).toBe(false);
});

it('takes a folder whose path is too long for a Unix socket', { timeout: 60_000 }, async () => {
  const deep = path.join(folder, 'a'.repeat(60), 'b'.repeat(60));
  const server = await startEmbeddedPostgres(deep, { durable: false, dieWithParent: true });
  expect(await query(server.urlOf('archon'), 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop();
});
