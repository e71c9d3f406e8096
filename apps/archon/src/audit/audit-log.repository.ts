import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { FieldCipher } from '#database';
import { type ChainedEvent, chain } from './audit-chain.js';
import type { AuditEvent } from './audit-event.js';
import { EVENT_COLUMNS, type EventRow, toEvent, toRow } from './audit-row.js';
import { type ChainPoint, type SealedChain, sealedText } from './chain-check.js';

export const SEAL_ADDRESS = { table: 'audit_chain', id: 'true', field: 'seal' };
/** Of Postgres: no partition of the table takes the row. */
const NO_PARTITION = '23514';
const MONTHS_AHEAD = 2;

interface LockedChain extends SealedChain {
  recordedAt: Date;
}

/**
 * The audit log in Postgres. No entity describes its tables: rows are appended and read, never saved or removed.
 */
@Injectable()
export class AuditLog {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly cipher: FieldCipher,
  ) {}

  /** Appends events in their order, all or none. The row of the head is locked meanwhile, so that all replicas make one chain. */
  async append(events: readonly AuditEvent[]): Promise<void> {
    try {
      await this.appendOnce(events);
    } catch (error) {
      if ((error as { code?: string }).code !== NO_PARTITION) throw error;
      await this.createPartitions();
      await this.appendOnce(events);
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

  /** Events as `where` chooses them, newest first. */
  async find(where: string, parameters: unknown[], limit: number): Promise<ChainedEvent[]> {
    const rows = await this.database.query<EventRow[]>(
      `select ${EVENT_COLUMNS} from audit_events ${where} order by recorded_at desc, sequence desc limit ${limit}`,
      parameters,
    );
    return rows.map(toEvent);
  }

  private async appendOnce(events: readonly AuditEvent[]): Promise<void> {
    await this.database.transaction(async (manager) => {
      const before = await lockChain(manager);
      const chained = chain({ ...before.head, recordedAt: before.recordedAt }, events);
      const head = chained.at(-1);
      if (head === undefined) return;
      await manager.query(
        `with head as (update audit_chain set sequence = $2, hash = $3, recorded_at = $4, seal = $5)
         insert into audit_events (${EVENT_COLUMNS}) select ${EVENT_COLUMNS} from json_populate_recordset(null::audit_events, $1)`,
        [JSON.stringify(chained.map(toRow)), head.sequence, head.hash, head.recordedAt, this.seal({ ...before, head })],
      );
    });
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

async function lockChain(manager: EntityManager): Promise<LockedChain> {
  const [row] = await manager.query<
    { sequence: string; hash: Buffer; dropped_sequence: string; dropped_hash: Buffer; recorded_at: Date }[]
  >(
    `select sequence, hash, dropped_sequence, dropped_hash, greatest(recorded_at, clock_timestamp())::timestamptz(3) as recorded_at
     from audit_chain for update`,
  );
  if (row === undefined) throw new Error('the head of the audit chain is missing');
  return {
    head: { sequence: Number(row.sequence), hash: row.hash },
    dropped: { sequence: Number(row.dropped_sequence), hash: row.dropped_hash },
    recordedAt: row.recorded_at,
  };
}

const partitionName = (from: Date): string => `audit_events_${from.toISOString().slice(0, 7).replace('-', '_')}`;
