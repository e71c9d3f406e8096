import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { FieldCipher } from '#database';
import { type ChainedEvent, chain } from './audit-chain.js';
import type { AuditEvent } from './audit-event.js';
import type { AuditPosition } from './audit-filter.js';
import { EVENT_COLUMNS, type EventRow, toEvent, toRow } from './audit-row.js';
import { type ChainPoint, type SealedChain, sealedText } from './chain-check.js';

export const SEAL_ADDRESS = { table: 'audit_chain', id: 'true', field: 'seal' };
/** Of Postgres: no partition of the table takes the row. */
const NO_PARTITION = '23514';
const MONTHS_AHEAD = 2;

interface LockedChain extends SealedChain {
  recordedAt: Date;
}

/** The end of the chain as this replica has left it, and when that was by the clocks of the database and of this process. */
interface KnownEnd {
  chain: LockedChain;
  databaseMs: number;
  processMs: number;
}

/** So long the clock of the database is reckoned with the one of this process, before it is asked again. */
const CLOCK_TRUSTED_MS = 60_000;
/** After another replica was faster, so many appends lock the chain at once, instead of trying in vain. */
const LOCKED_APPENDS = 20;
const INSERT_EVENTS = `insert into audit_events (${EVENT_COLUMNS}) select ${EVENT_COLUMNS} from json_populate_recordset(null::audit_events, $1)`;

/**
 * The audit log in Postgres. No entity describes its tables: rows are appended and read, never saved or removed.
 */
@Injectable()
export class AuditLog {
  private known: KnownEnd | undefined;
  private lockedAppends = 0;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly cipher: FieldCipher,
  ) {}

  /**
   * Appends events in their order, all or none, on the one chain of all replicas. A replica that wrote last knows the end of the chain and
   * needs one statement, which does nothing when the end has moved; otherwise the row of the end is locked and read first.
   */
  async append(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    try {
      if (!(await this.appendToKnown(events))) await this.appendLocked(events);
    } catch (error) {
      this.known = undefined;
      if ((error as { code?: string }).code !== NO_PARTITION) throw error;
      await this.createPartitions();
      await this.appendLocked(events);
    }
  }

  /** Whether this event has been appended lately: asked when it is not known whether a transaction was committed. */
  async has({ id, time }: AuditEvent): Promise<boolean> {
    const found: unknown[] = await this.database.query(
      `select 1 from audit_events where recorded_at > $2::timestamptz - interval '1 hour' and id = $1 limit 1`,
      [id, time],
    );
    return found.length > 0;
  }

  /** Partitions for this month and the next ones. */
  async createPartitions(): Promise<void> {
    const [row] = await this.database.query<{ month: Date }[]>(
      `select date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' as month`,
    );
    const first = row?.month ?? new Date();
    for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
      const from = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + ahead, 1));
      await this.createPartition(from, new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + ahead + 1, 1)));
    }
  }

  private async createPartition(from: Date, to: Date): Promise<void> {
    const name = partitionName(from);
    await this.database.transaction(async (manager) => {
      const [found] = await manager.query<{ exists: boolean }[]>('select to_regclass($1) is not null as exists', [name]);
      if (found?.exists === true) return;
      // Replicas do this at the same time: the second one waits here, and finds it done.
      await manager.query('select from audit_chain for update');
      await manager.query(
        `create table if not exists ${name} partition of audit_events for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
      );
      await manager.query(
        `create or replace trigger audit_events_no_truncate before truncate on ${name} for each statement execute function audit_refuse_change()`,
      );
    });
  }

  /** Drops the months whose last day is more than `days` ago; gives the names of their partitions. */
  async dropPartitions(days: number): Promise<string[]> {
    const partitions = await this.database.query<{ name: string }[]>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'audit_events'::regclass and c.relname < 'audit_events_' || to_char(now() - make_interval(days => $1), 'YYYY_MM')
       order by c.relname`,
      [days],
    );
    for (const { name } of partitions) await this.dropPartition(name);
    return partitions.map(({ name }) => name);
  }

  /** The end of the chain, when it is time to sign it: after so many minutes, or events. */
  async unsignedHead(minutes: number, events: number): Promise<ChainPoint | undefined> {
    const [row] = await this.database.query<{ sequence: string; hash: Buffer }[]>(
      `select c.sequence, c.hash from audit_chain c left join lateral (select * from audit_heads order by sequence desc limit 1) h on true
       where c.sequence > coalesce(h.sequence, 0)
         and (h.sequence is null or h.signed_at < now() - make_interval(mins => $1) or c.sequence - h.sequence >= $2)`,
      [minutes, events],
    );
    return row && { sequence: Number(row.sequence), hash: row.hash };
  }

  /** False when another replica has signed the same head. */
  async saveHead(sequence: number, token: string): Promise<boolean> {
    const saved = await this.database.query<unknown[]>(
      'insert into audit_heads (sequence, signed_at, token) values ($1, now(), $2) on conflict do nothing returning sequence',
      [sequence, token],
    );
    return saved.length > 0;
  }

  /** The place right behind the newest event, or behind the newest one before a place. Undefined when there is none. */
  async endBefore(position: AuditPosition | undefined): Promise<AuditPosition | undefined> {
    const [row] = await this.database.query<Pick<EventRow, 'recorded_at' | 'sequence'>[]>(
      `select recorded_at, sequence from audit_events
       ${position === undefined ? '' : 'where recorded_at <= $1 and (recorded_at, sequence) < ($1, $2)'} order by recorded_at desc, sequence desc limit 1`,
      position === undefined ? [] : [position.recordedAt, position.sequence],
    );
    return row && { recordedAt: row.recorded_at, sequence: Number(row.sequence) + 1 };
  }

  /** Undefined for an event that was dropped, or before the first one. */
  async positionOf(sequence: number): Promise<AuditPosition | undefined> {
    if (sequence < 1) return undefined;
    const [row] = await this.database.query<{ recorded_at: Date }[]>('select recorded_at from audit_events where sequence = $1', [
      sequence,
    ]);
    return row && { recordedAt: row.recorded_at, sequence };
  }

  /** Events as `where` chooses them, newest first. */
  async find(where: string, parameters: unknown[], limit: number): Promise<ChainedEvent[]> {
    const rows = await this.database.query<EventRow[]>(
      `select ${EVENT_COLUMNS} from audit_events ${where} order by recorded_at desc, sequence desc limit ${limit}`,
      parameters,
    );
    return rows.map(toEvent);
  }

  /** False when nothing was appended: the end of the chain is not known, or not any more, or the clock of the database has moved. */
  private async appendToKnown(events: readonly AuditEvent[]): Promise<boolean> {
    const { known } = this;
    if (known === undefined || this.lockedAppends-- > 0) return false;
    const elapsedMs = performance.now() - known.processMs;
    if (elapsedMs > CLOCK_TRUSTED_MS) return false;
    const recordedAt = new Date(Math.max(known.databaseMs + elapsedMs, known.chain.recordedAt.getTime()));
    const next = this.hang({ ...known.chain, recordedAt }, events);
    const [appended] = await this.database.query<{ appended: boolean }[]>(
      `with head as (
         update audit_chain set sequence = $2, hash = $3, recorded_at = $4, seal = $5
         where sequence = $6 and hash = $7 and dropped_sequence = $8 and abs(extract(epoch from clock_timestamp() - $4::timestamptz)) < 1 returning 1
       ), events as (${INSERT_EVENTS} where exists (select from head))
       select exists (select from head) as appended`,
      [...next.parameters, known.chain.head.sequence, known.chain.head.hash, known.chain.dropped.sequence],
    );
    if (appended?.appended === true) this.known = { ...known, chain: next.chain };
    else [this.known, this.lockedAppends] = [undefined, LOCKED_APPENDS];
    return this.known !== undefined;
  }

  private async appendLocked(events: readonly AuditEvent[]): Promise<void> {
    this.known = await this.database.transaction(async (manager) => {
      const before = await lockChain(manager);
      const processMs = performance.now();
      const next = this.hang(before, events);
      await manager.query(`with head as (update audit_chain set sequence = $2, hash = $3, recorded_at = $4, seal = $5) ${INSERT_EVENTS}`, [
        ...next.parameters,
      ]);
      return { chain: next.chain, databaseMs: before.databaseMs, processMs };
    });
  }

  /** The chain with the events on it, and the parameters of the statement that appends them. */
  private hang(before: LockedChain, events: readonly AuditEvent[]): { chain: LockedChain; parameters: unknown[] } {
    const chained = chain({ ...before.head, recordedAt: before.recordedAt }, events);
    const { sequence, hash } = chained.at(-1) as ChainedEvent;
    const after = { ...before, head: { sequence, hash } };
    return { chain: after, parameters: [JSON.stringify(chained.map(toRow)), sequence, hash, before.recordedAt, this.seal(after)] };
  }

  /** The chain begins behind the last event that goes: what is left can still be verified. */
  private async dropPartition(name: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const before = await lockChain(manager);
      const [found] = await manager.query<{ exists: boolean }[]>('select to_regclass($1) is not null as exists', [name]);
      if (found?.exists !== true) return; // another replica was faster
      const [last] = await manager.query<{ sequence: string; hash: Buffer }[]>(
        `select sequence, hash from ${name} order by sequence desc limit 1`,
      );
      if (last !== undefined) {
        const dropped = { sequence: Number(last.sequence), hash: last.hash };
        await manager.query('update audit_chain set dropped_sequence = $1, dropped_hash = $2, seal = $3', [
          dropped.sequence,
          dropped.hash,
          this.seal({ ...before, dropped }),
        ]);
        await manager.query('delete from audit_heads where sequence <= $1', [dropped.sequence]);
      }
      await manager.query(`drop table ${name}`);
    });
  }

  private seal(sealed: SealedChain): string {
    return this.cipher.encrypt(sealedText(sealed), SEAL_ADDRESS);
  }
}

async function lockChain(manager: EntityManager): Promise<LockedChain & { databaseMs: number }> {
  const [row] = await manager.query<
    { sequence: string; hash: Buffer; dropped_sequence: string; dropped_hash: Buffer; recorded_at: Date; now: Date }[]
  >(
    `select sequence, hash, dropped_sequence, dropped_hash, clock_timestamp() as now,
       greatest(recorded_at, clock_timestamp())::timestamptz(3) as recorded_at
     from audit_chain for update`,
  );
  if (row === undefined) throw new Error('the head of the audit chain is missing');
  return {
    head: { sequence: Number(row.sequence), hash: row.hash },
    dropped: { sequence: Number(row.dropped_sequence), hash: row.dropped_hash },
    recordedAt: row.recorded_at,
    databaseMs: row.now.getTime(),
  };
}

const partitionName = (from: Date): string => `audit_events_${from.toISOString().slice(0, 7).replace('-', '_')}`;
