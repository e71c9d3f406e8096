import { createPublicKey } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { Client } from 'pg';
import type { FieldCipher } from '#database';
import { SIGNING_ALGORITHM, TOKEN_ISSUER } from '../signing/signed-token.js';
import { SEAL_ADDRESS } from './audit-log.repository.js';
import { EVENT_COLUMNS, type EventRow, toEvent } from './audit-row.js';
import { ChainCheck, type ChainFault, type ChainPoint, type SealedChain, sealedText } from './chain-check.js';

const PAGE = 5000;

export interface Verification {
  /** Events that hold, from the first one that is kept. */
  events: number;
  first: number;
  /** Signed heads that were held against them. */
  heads: number;
  fault: ChainFault | undefined;
}

interface ChainRow {
  sequence: string;
  hash: Buffer;
  dropped_sequence: string;
  dropped_hash: Buffer;
  seal: string | null;
}

/**
 * Reads the whole audit log in one snapshot, page by page, and checks it: each event against the one before, the ends against the seal, and
 * all against signed heads: those of the database and `heads`, which somebody has kept elsewhere.
 */
export async function verifyAuditLog(client: Client, cipher: FieldCipher, heads: readonly string[] = []): Promise<Verification> {
  await client.query('begin isolation level repeatable read read only');
  try {
    return await verify(client, cipher, heads);
  } finally {
    await client.query('rollback');
  }
}

async function verify(client: Client, cipher: FieldCipher, keptHeads: readonly string[]): Promise<Verification> {
  const { rows } = await client.query<ChainRow>('select * from audit_chain');
  const chain = rows[0] && toChain(rows[0]);
  const first = (chain?.dropped.sequence ?? 0) + 1;
  const nothing = { events: 0, first, heads: 0 };
  if (rows[0] === undefined || chain === undefined)
    return { ...nothing, fault: { sequence: 1, what: 'hangs on no chain: its head is missing' } };
  if (!isSealed(cipher, rows[0].seal, chain))
    return { ...nothing, fault: { sequence: chain.head.sequence, what: 'is not the end of the chain: its seal does not hold' } };

  const signed: ChainPoint[] = [];
  const stored = await client.query<{ sequence: string; token: string }>('select sequence, token from audit_heads order by sequence');
  for (const { sequence, token } of [...stored.rows, ...keptHeads.map((token) => ({ sequence: undefined, token }))]) {
    const point = await readHead(client, token);
    const claimed = sequence === undefined ? point?.sequence : Number(sequence);
    if (point === undefined || point.sequence !== claimed)
      return { ...nothing, fault: { sequence: claimed ?? 0, what: 'has a signed head that is not genuine' } };
    if (point.sequence >= first) signed.push(point);
  }

  const check = new ChainCheck(chain, signed);
  const fault = (await readEvents(client, (row) => check.next(toEvent(row)))) ?? check.end();
  return { events: check.checked, first, heads: signed.length, fault };
}

/** Gives each event to `see`, by sequence, until it returns something. */
async function readEvents<T>(client: Client, see: (row: EventRow) => T | undefined): Promise<T | undefined> {
  await client.query(`declare events no scroll cursor for select ${EVENT_COLUMNS} from audit_events order by sequence, recorded_at`);
  for (;;) {
    const { rows } = await client.query<EventRow>(`fetch ${PAGE} from events`);
    if (rows.length === 0) return undefined;
    for (const row of rows) {
      const seen = see(row);
      if (seen !== undefined) return seen;
    }
  }
}

const toChain = (row: ChainRow): SealedChain => ({
  dropped: { sequence: Number(row.dropped_sequence), hash: row.dropped_hash },
  head: { sequence: Number(row.sequence), hash: row.hash },
});

/** Before the first event there is no seal. */
function isSealed(cipher: FieldCipher, seal: string | null, chain: SealedChain): boolean {
  if (seal === null) return chain.head.sequence === 0 && chain.dropped.sequence === 0;
  try {
    return cipher.decrypt(seal, SEAL_ADDRESS) === sealedText(chain);
  } catch {
    return false; // not written with this key
  }
}

/** What a signed head says, when its signature holds. Its time is over when the events that it covers are no longer kept. */
async function readHead(client: Client, token: string): Promise<ChainPoint | undefined> {
  try {
    const { kid } = decodeProtectedHeader(token);
    const { rows } = await client.query<{ public_key: string }>('select public_key from signing_keys where id = $1', [kid]);
    const key = createPublicKey(rows[0]?.public_key ?? '');
    const options = { algorithms: [SIGNING_ALGORITHM], issuer: TOKEN_ISSUER, subject: HEAD_SUBJECT, currentDate: new Date(0) };
    const { payload } = await jwtVerify(token, key, options);
    const [, sequence, hash] = /^(\d+)\.([0-9a-f]{64})$/.exec(payload.jti ?? '') ?? [];
    return payload.typ === 'AuditHead' && hash !== undefined ? { sequence: Number(sequence), hash: Buffer.from(hash, 'hex') } : undefined;
  } catch {
    return undefined; // no key of ours has signed it
  }
}

export const HEAD_SUBJECT = 'audit-chain';
