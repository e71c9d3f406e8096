import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FieldCipher } from '#database';
import { accept, seed, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { ArchonClient } from '../support/http-client.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { random } from '../support/random.js';
import { eventually } from '../support/wait-for.js';

interface Encryption {
  keys: { id: string; writes: boolean; values: number }[];
  rekey?: { phase: string; rewritten: number; failed: string[] };
}
type Row = { id: string; credential: string };

const ROWS = 1500;
const KILLS = 20;
const MAIN = path.resolve(import.meta.dirname, '../../dist/apps/archon/src/main.js');
const CANARY = `CANARY-${randomBytes(12).toString('hex')}`;

let archon: Archon;
let cluster: RecordingApiServer;
let keyFile: string;

beforeAll(async () => {
  archon = await Archon.start();
  keyFile = path.join(archon.state, 'keys', 'encryption.key');
  cluster = await startRecordedCluster(archon, 'known', { token: CANARY });
  // Many clusters: copies of the one, each encrypted for its own row.
  const cipher = await FieldCipher.load(keyFile);
  const columns =
    'display_name, labels, annotations, endpoint, certificate_authority, credential_expires_at, generation, disabled_at, missing_permissions, created_by, created_at, resource_version, checks, expirations, service_account_tokens';
  const ids = Array.from({ length: ROWS }, () => crypto.randomUUID());
  const credentials = ids.map((id) => cipher.encrypt(JSON.stringify({ token: CANARY }), addressOf(id)));
  await archon.database.query(
    `insert into clusters (id, name, credential, system_uid, ${columns})
     select new.id, 'copy-' || new.index, new.credential, gen_random_uuid(), ${columns}
     from clusters, unnest($1::uuid[], $2::text[]) with ordinality as new (id, credential, index)`,
    [ids, credentials],
  );
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

const addressOf = (id: string) => ({ table: 'clusters', id, field: 'credential' });
const rowsOf = () => archon.database.query<Row>('select id, credential from clusters order by id');
const encryption = async () => (await archon.client.get<Encryption>('/acp/v1/encryption')).body;

/** Puts a new key in front, as an administrator would: in one step, so that nobody sees half a file. */
async function addKey(): Promise<void> {
  await writeFile(`${keyFile}.next`, `${randomBytes(32).toString('base64')}\n${await readFile(keyFile, 'utf8')}`, { mode: 0o600 });
  await rename(`${keyFile}.next`, keyFile);
}

function rekey(): { process: ChildProcess; done: Promise<unknown[]>; output: () => string } {
  let text = '';
  const env = { PATH: process.env.PATH ?? '', ARCHON_STATE_DIR: archon.state, ARCHON_DATABASE_URL: archon.database.url };
  const child = spawn(process.execPath, [MAIN, 'rekey'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { process: child, done: once(child, 'close'), output: () => text };
}

it('S-18 T90 CVE-2021-36782 CVE-2022-43757 CVE-2022-45157 CVE-2024-22032 CVE-2023-32191 CVE-2024-33662 CVE-2024-31989: nothing of a credential is in the tables, in any spelling', async () => {
  const tables = await archon.database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const dump = await Promise.all(tables.map(({ name }) => archon.database.query<{ row: string }>(`select t::text as row from ${name} t`)));
  const text = dump
    .flat()
    .map(({ row }) => row)
    .join('\n');
  expect(text.length).toBeGreaterThan(ROWS * 100);
  const bytes = Buffer.from(CANARY);
  const spellings = [
    CANARY,
    CANARY.slice(7),
    bytes.toString('hex'),
    ...[0, 1, 2].map((shift) => bytes.subarray(shift).toString('base64').slice(0, 24)),
  ];
  for (const spelling of [...spellings, 'PRIVATE KEY', Buffer.from('PRIVATE KEY').toString('base64').slice(0, 12)])
    expect(text).not.toContain(spelling);
});

it('S-18 T90: swapped rows and altered bytes are refused', async () => {
  const cipher = await FieldCipher.load(keyFile);
  const rows = await rowsOf();
  let accepted = 0;
  const tries = (stored: string, id: string) => {
    try {
      cipher.decrypt(stored, addressOf(id));
      accepted++;
    } catch {
      // refused, as it must be
    }
  };
  rows.forEach((row, index) => tries(row.credential, rows[(index + 1) % rows.length]?.id ?? ''));
  const flips = volume({ ci: 10_000, nightly: 200_000 });
  const from = seed();
  const next = random(from);
  for (let i = 0; i < flips; i++) {
    const row = rows[next.below(rows.length)] as Row;
    const altered = Buffer.from(row.credential, 'latin1');
    const at = next.below(altered.length);
    altered[at] = (altered[at] ?? 0) ^ (1 << next.below(8));
    tries(altered.toString('latin1'), row.id);
  }
  expect(accepted, `seed ${from}`).toBe(0);
  accept({
    row: 'S-18',
    what: 'encrypted values: rows swapped, bits flipped',
    volume: `${rows.length} swaps, ${flips} flips`,
    result: '0 accepted',
    seed: from,
  });
});

it('S-18 T90: Archon itself refuses a credential that was moved to another row', async () => {
  const [one, other] = ['copy-1', 'copy-2'];
  const before = await archon.database.query<{ credential: string }>(`select credential from clusters where name = '${one}'`);
  await archon.database.query(
    `update clusters set credential = (select credential from clusters where name = '${other}') where name = '${one}'`,
  );
  // No document promises 500, so the client that compares answers with the document is of no use.
  const caPem = await readFile(path.join(archon.state, 'tls', 'ca.crt'), 'utf8');
  const client = new ArchonClient({ url: archon.client.url, caPem, token: archon.token });
  const answer = await client.get<{ reason: string }>(`/acp/v1/clusters/${one}`).finally(() => client.close());
  expect([answer.status, answer.body.reason]).toEqual([500, 'InternalError']);
  await archon.database.query(`update clusters set credential = $1 where name = '${one}'`, [before[0]?.credential]);
});

it(`T91 S-18: a rotation killed ${KILLS} times, beside requests and another replica, loses nothing`, { timeout: 360_000 }, async () => {
  const replica = await archon.replica();
  const oldId = (await encryption()).keys[0]?.id;
  const before = new FieldCipherReader(await FieldCipher.load(keyFile));
  let stop = false;
  const failures: string[] = [];
  let reads = 0;
  const load = [archon, replica].map(async ({ client }, worker) => {
    for (let i = worker; !stop; i += 7) {
      const answer = await client.get(`/acp/v1/clusters/copy-${1 + (i % ROWS)}`);
      reads++;
      await sleep(5);
      if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`);
    }
  });
  const reader = (async () => {
    while (!stop) {
      for (const row of await archon.database.query<Row>('select id, credential from clusters order by random() limit 50')) {
        reads++;
        const text = before.read(row);
        if (text !== JSON.stringify({ token: CANARY })) failures.push(text);
      }
      await sleep(20);
    }
  })();

  try {
    await addKey();
    const rewritten = async () =>
      (
        await archon.database.query<{ count: number }>(
          `select count(*)::integer as count from clusters where split_part(credential, ':', 2) <> $1`,
          [oldId],
        )
      )[0]?.count ?? 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const run = rekey();
      await eventually(async () => (await rewritten()) >= (kill * ROWS) / (KILLS + 2) || run.process.exitCode !== null, {
        what: 'the rotation to go on',
        intervalMs: 2,
        timeoutMs: 20_000,
      });
      run.process.kill('SIGKILL');
      await run.done;
    }
    const left = ROWS + 1 - (await rewritten());
    expect(left, 'values that the killed rotations have left').toBeGreaterThan(0);
    const [final, beside] = [rekey(), rekey()];
    await Promise.all([final.done, beside.done]);
    expect([final.process.exitCode, beside.process.exitCode], final.output()).toEqual([0, 0]);
    const { keys } = await encryption();
    const total = keys.reduce((sum, { values }) => sum + values, 0);
    expect(total).toBeGreaterThan(ROWS);
    expect(keys.map(({ id, writes, values }) => [id === oldId, writes, values])).toEqual([
      [false, true, total],
      [true, false, 0],
    ]);
  } finally {
    stop = true;
    await Promise.all([...load, reader]);
    await replica.kill();
  }
  expect(failures.slice(0, 3)).toEqual([]);
  expect(reads).toBeGreaterThan(500);

  // The old key may go now.
  await writeFile(keyFile, `${(await readFile(keyFile, 'utf8')).split('\n')[0]}\n`);
  await archon.stop();
  await archon.run();
  expect((await archon.client.get('/acp/v1/clusters/copy-7')).status).toBe(200);
  accept({
    row: 'S-18',
    what: 'rotation of the encryption key under load',
    volume: `${ROWS} values, ${KILLS} kills, ${reads} reads`,
    result: `${failures.length} failed reads`,
  });
});

it('a rotation can be begun over the API, by an administrator alone, and tells of values that no key can read', async () => {
  expect((await (await archon.as('jane@example.org')).post('/acp/v1/encryption/rekey')).status).toBe(403);
  const [row] = await archon.database.query<Row>(`select id, credential from clusters where name = 'copy-3'`);
  await archon.database.query(`update clusters set credential = 'v2:00000000:AAAA:AAAA' where id = $1`, [row?.id]);
  await addKey();
  expect((await archon.client.post('/acp/v1/encryption/rekey')).status).toBe(202);
  const ended = await eventually(
    async () => {
      const { rekey: state } = await encryption();
      return state !== undefined && state.phase !== 'Running' && state;
    },
    { what: 'the rotation to end', timeoutMs: 30_000 },
  );
  expect([ended && ended.phase, ended && ended.failed]).toEqual(['Failed', [`clusters.credential ${row?.id}`]]);
  const { keys } = await encryption();
  const total = keys.reduce((sum, { values }) => sum + values, 0);
  expect(keys.map(({ writes, values }) => [writes, values])).toEqual([
    [true, total - 1],
    [false, 0],
    [false, 1],
  ]);
});

it('every column that holds encrypted values takes part in a rotation', async () => {
  const columns = await archon.database.query<{ table: string; field: string }>(
    `select table_name as table, column_name as field from information_schema.columns where table_schema = 'public' and data_type = 'text'`,
  );
  const found: string[] = [];
  for (const { table, field } of columns) {
    const [row] = await archon.database.query<{ count: number }>(
      `select count(*)::integer as count from ${table} where ${field} ~ '^v[12]:[0-9a-f]{8}:'`,
    );
    if ((row?.count ?? 0) > 0) found.push(`${table}.${field}`);
  }
  const { uses } = (await archon.client.get<{ uses: { table: string; field: string }[] }>('/acp/v1/encryption')).body;
  expect(found.sort()).toEqual([...new Set(uses.map(({ table, field }) => `${table}.${field}`))].sort());
});

/** Reads as a replica does that was started before the rotation. */
class FieldCipherReader {
  constructor(private readonly cipher: FieldCipher) {}

  read({ id, credential }: Row): string {
    try {
      return this.cipher.decrypt(credential, addressOf(id));
    } catch (error) {
      return String(error);
    }
  }
}
