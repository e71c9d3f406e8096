import { randomUUID } from 'node:crypto';
import path from 'node:path';
import fc from 'fast-check';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldCipher } from '#database';
import { verifyAuditLog } from '../../apps/archon/src/audit/audit-verifier.gateway.js';
import { accept, seed, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { asOwner, rewriteChain, verifyAudit } from '../support/audit-chain.js';
import { eventually } from '../support/wait-for.js';

const EVENTS = 200;
const EDITS = volume({ ci: 1000, nightly: 10_000 });

let archon: Archon;
let count: number;

beforeAll(async () => {
  archon = await Archon.start();
  for (let i = 0; i < EVENTS / 2; i++) await archon.client.post('/auth/v1/accesstoken', { description: `n ${i}` });
  count = await eventually(
    async () => {
      const [row] = await archon.database.query<{ n: number }>('select count(*)::integer as n from audit_events');
      return row !== undefined && row.n >= EVENTS && row.n;
    },
    { what: 'all events to be recorded' },
  );
  await archon.stop();
  const [last] = await archon.database.query<{ sequence: string }>('select sequence from audit_chain');
  count = Number(last?.sequence);
});
afterAll(() => archon?.dispose());

/** Every column of an event but those that place it, with a value of its type that it does not have. */
const EDITS_OF_COLUMNS: Record<string, string> = {
  id: 'gen_random_uuid()',
  time: "time + interval '1 millisecond'",
  stage: `stage || '.'`,
  request_id: `request_id || 'x'`,
  user_name: `user_name || ' '`,
  credential_kind: `credential_kind || 'x'`,
  credential_id: `credential_id || 'x'`,
  impersonated_user: `impersonated_user || 'x'`,
  impersonated_groups: `impersonated_groups || 'system:masters'::text`,
  source_address: `source_address || '0'`,
  user_agent: `user_agent || 'x'`,
  cluster: `cluster || 'x'`,
  api_group: `api_group || 'x'`,
  resource: `resource || 'x'`,
  subresource: `subresource || 'x'`,
  verb: `verb || 'x'`,
  namespace: `namespace || 'x'`,
  name: `name || 'x'`,
  operation: `operation || 'x'`,
  route: `route || 'x'`,
  parameters: `parameters || 'x'`,
  code: 'code + 1',
  outcome: `outcome || 'x'`,
  reason: `reason || 'x'`,
  duration_ms: 'duration_ms + 1',
  bytes_in: 'bytes_in + 1',
  bytes_out: 'bytes_out + 1',
  recorded_at: "recorded_at + interval '1 millisecond'",
  hash: 'sha256(hash)',
};

type Edit = { what: string; at: number } & (
  | { kind: 'edit'; column: string }
  | { kind: 'delete' }
  | { kind: 'reorder'; with: number }
  | { kind: 'insert' }
  | { kind: 'truncate' }
);

/** An edit, and the sequence number that the verifier must name. */
const edits = fc.integer({ min: 1, max: EVENTS }).chain((at) =>
  fc.oneof(
    fc.constantFrom(...Object.keys(EDITS_OF_COLUMNS)).map((column): Edit => ({ kind: 'edit', what: `edit ${column}`, at, column })),
    fc.constant<Edit>({ kind: 'delete', what: 'delete', at }),
    fc
      .integer({ min: 1, max: EVENTS })
      .filter((other) => other !== at)
      .map((other): Edit => ({ kind: 'reorder', what: `reorder with ${other}`, at, with: other })),
    fc.constant<Edit>({ kind: 'insert', what: 'insert', at }),
    fc.constant<Edit>({ kind: 'truncate', what: 'truncate', at }),
  ),
);

/** In two steps, so that no number stands twice on the way. */
async function renumber(client: Client, to: string, where: string): Promise<void> {
  await client.query(`update audit_events set sequence = -(${to}) where ${where}`);
  await client.query('update audit_events set sequence = -sequence where sequence < 0');
}

async function apply(client: Client, edit: Edit): Promise<number> {
  switch (edit.kind) {
    case 'edit':
      await client.query(`update audit_events set ${edit.column} = ${EDITS_OF_COLUMNS[edit.column]} where sequence = $1`, [edit.at]);
      return edit.at;
    case 'delete':
      await client.query('delete from audit_events where sequence = $1', [edit.at]);
      return edit.at;
    case 'reorder':
      await renumber(client, `${edit.at} + ${edit.with} - sequence`, `sequence in (${edit.at}, ${edit.with})`);
      return Math.min(edit.at, edit.with);
    case 'insert': {
      // With the rest moved up, so that no number stands twice.
      await renumber(client, 'sequence + 1', `sequence > ${edit.at}`);
      await client.query(`create temporary table copied on commit drop as select * from audit_events where sequence = ${edit.at}`);
      await client.query('update copied set sequence = sequence + 1, id = $1', [randomUUID()]);
      await client.query('insert into audit_events select * from copied');
      return edit.at + 1;
    }
    case 'truncate':
      await client.query('delete from audit_events where sequence >= $1', [edit.at]);
      return edit.at;
  }
}

describe('the audit log', () => {
  it('is whole as Archon has left it', async () => {
    expect(await verifyAudit(archon)).toEqual({ code: 0, output: expect.stringContaining(`whole: ${count} events from 1 on`) });
  });

  it('S-17 gives away every edit, by its first sequence number', { timeout: 300_000 }, async () => {
    const cipher = await FieldCipher.load(path.join(archon.state, 'keys', 'encryption.key'));
    const random = seed();
    const samples = fc.sample(edits, { numRuns: EDITS, seed: random });
    let detected = 0;
    await asOwner(archon, async (client) => {
      for (const edit of samples) {
        await client.query('begin');
        const expected = await apply(client, edit);
        const { fault } = await verifyInTransaction(client, cipher);
        expect(fault?.sequence, `${edit.what} at ${edit.at}, seed ${random}`).toBe(expected);
        await client.query('rollback');
        detected++;
      }
      expect((await verifyAuditLog(client, cipher)).fault).toBeUndefined();
    });
    accept({ row: 'S-17', what: 'audit tamper', volume: `${EDITS} random edits`, result: `${detected} detected`, seed: random });
  });

  it('T94 is not changed by statements of Archon itself, whatever they are', async () => {
    for (const statement of [
      'update audit_events set user_name = user_name',
      'delete from audit_events',
      'truncate audit_events',
      'update audit_heads set token = token',
      'delete from audit_heads',
    ])
      await expect(archon.database.query(statement), statement).rejects.toThrow('the audit log is append-only');
  });

  it('T94 gives away one who rewrites the whole chain, as the seal needs a key that is not in the database', async () => {
    await asOwner(archon, async (client) => {
      await client.query('begin');
      await client.query(`update audit_events set user_name = 'mallory' where sequence = 3`);
      await rewriteChain(client);
      const cipher = await FieldCipher.load(path.join(archon.state, 'keys', 'encryption.key'));
      expect((await verifyInTransaction(client, cipher)).fault).toEqual({ sequence: count, what: expect.stringContaining('seal') });
      await client.query('rollback');
    });
  });

  it('T94 gives away one who puts back an earlier end with its seal, by the signed head in the process log', async () => {
    await archon.run();
    const [before] = await archon.database.query<{ hash: Buffer; sequence: string; seal: string }>('select * from audit_chain');
    for (let i = 0; i < 3; i++) await archon.client.post('/auth/v1/accesstoken', { description: 'later' });
    await archon.stop();
    const head = [...archon.log.matchAll(/"auditHead":"([^"]+)"/g)].at(-1)?.[1] ?? '';
    expect(await verifyAudit(archon, head)).toEqual({ code: 0, output: expect.stringContaining('is whole') });
    await asOwner(archon, async (client) => {
      await client.query('delete from audit_events where sequence > $1', [before?.sequence]);
      await client.query('delete from audit_heads where sequence > $1', [before?.sequence]);
      await client.query('update audit_chain set sequence = $1, hash = $2, seal = $3', [before?.sequence, before?.hash, before?.seal]);
    });
    expect(await verifyAudit(archon)).toMatchObject({ code: 0 }); // nothing in the database tells
    const { code, output } = await verifyAudit(archon, head);
    expect([code, output]).toEqual([1, expect.stringContaining(`event ${Number(before?.sequence) + 1} is missing`)]);
  });
});

describe('retention', () => {
  it('drops whole months, and leaves a log that can be verified', async () => {
    const old = await Archon.start({ settings: { ARCHON_AUDIT_RETENTION_DAYS: '1' } });
    try {
      await old.client.post('/auth/v1/accesstoken', { description: 'old' });
      await old.stop();
      const cipher = await FieldCipher.load(path.join(old.state, 'keys', 'encryption.key'));
      await asOwner(old, async (client) => {
        await client.query(`create table audit_events_2020_01 partition of audit_events for values from ('2020-01-01') to ('2020-02-01')`);
        await client.query(`update audit_events set recorded_at = '2020-01-15'`);
        await client.query('delete from audit_heads');
        await rewriteChain(client, cipher);
      });
      expect(await verifyAudit(old)).toMatchObject({ code: 0 });
      await old.run();
      await eventually(() => old.log.includes('were dropped'), { what: 'the old month to be dropped' });
      await old.client.post('/auth/v1/accesstoken', { description: 'new' });
      await old.stop();
      const { code, output } = await verifyAudit(old);
      expect([code, output]).toEqual([0, expect.stringMatching(/whole: [1-9]\d* events from [2-9] on/)]);
      expect(await old.database.query(`select 1 from pg_class where relname = 'audit_events_2020_01'`)).toEqual([]);
    } finally {
      await old.dispose();
    }
  });
});

/** The verifier in the middle of a transaction, which is rolled back afterwards: its own begin and rollback become a savepoint's. */
function verifyInTransaction(client: Client, cipher: FieldCipher) {
  const within = {
    query: (sql: string, parameters?: unknown[]) => {
      if (sql.startsWith('begin')) return client.query('savepoint verification');
      if (sql === 'rollback') return client.query('rollback to verification');
      return client.query(sql, parameters);
    },
  };
  return verifyAuditLog(within as unknown as Client, cipher);
}
