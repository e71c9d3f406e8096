import { execFile } from 'node:child_process';
import path from 'node:path';
import { Client } from 'pg';
import type { FieldCipher } from '#database';
import { chainHash } from '../../apps/archon/src/audit/audit-chain.js';
import { type EventRow, toEvent } from '../../apps/archon/src/audit/audit-row.js';
import { type ChainPoint, sealedText } from '../../apps/archon/src/audit/chain-check.js';
import { Archon } from './archon.js';

const MAIN = path.resolve(import.meta.dirname, '../../dist/apps/archon/src/main.js');

/** Runs `archon audit verify` on the database of an Archon: exit code and what it printed. */
export function verifyAudit(archon: Archon, ...heads: string[]): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env.PATH ?? '', ARCHON_STATE_DIR: archon.state, ARCHON_DATABASE_URL: archon.database.url };
  return new Promise((resolve) =>
    execFile(process.execPath, [MAIN, 'audit', 'verify', ...heads], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 2, output: `${stdout}${stderr}` }),
    ),
  );
}

/** As the owner of the database, whom no trigger stops. */
export async function asOwner<T>(archon: Archon, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: archon.database.url });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Computes all hashes anew from what the rows hold, as one can who owns the database; with the key outside of it also the seal. */
export async function rewriteChain(client: Client, cipher?: FieldCipher): Promise<void> {
  const { rows } = await client.query<EventRow>('select * from audit_events order by sequence');
  let head: ChainPoint = { sequence: 0, hash: Buffer.alloc(32) };
  const dropped = head;
  for (const event of rows.map(toEvent)) {
    head = { sequence: event.sequence, hash: chainHash(head.hash, event) };
    await client.query('update audit_events set hash = $1 where sequence = $2', [head.hash, head.sequence]);
  }
  await client.query('update audit_chain set hash = $1', [head.hash]);
  const address = { table: 'audit_chain', id: 'true', field: 'seal' };
  if (cipher !== undefined)
    await client.query('update audit_chain set seal = $1', [cipher.encrypt(sealedText({ dropped, head }), address)]);
}
