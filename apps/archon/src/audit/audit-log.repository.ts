import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { FieldCipher } from '#database';
import { type ChainHead, chain } from './audit-chain.js';
import type { AuditEvent } from './audit-event.js';
import { EVENT_COLUMNS, toRow } from './audit-row.js';

const SEAL = { table: 'audit_chain', id: 'head', field: 'seal' };
/** Of Postgres: no partition of the table takes the row. */
const NO_PARTITION = '23514';
const MONTHS_AHEAD = 2;

type HeadRow = { sequence: string; hash: Buffer; recorded_at: Date };

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

  private async appendOnce(events: readonly AuditEvent[]): Promise<void> {
    await this.database.transaction(async (manager) => {
      const head = await lockHead(manager);
      const chained = chain(head, events);
      const last = chained.at(-1);
      if (last === undefined) return;
      await manager.query(
        `with head as (update audit_chain set sequence = $2, hash = $3, recorded_at = $4, seal = $5)
         insert into audit_events (${EVENT_COLUMNS}) select ${EVENT_COLUMNS} from json_populate_recordset(null::audit_events, $1)`,
        [JSON.stringify(chained.map(toRow)), last.sequence, last.hash, last.recordedAt, this.seal(last)],
      );
    });
  }

  /** What a reader of the database can't forge: the head, encrypted with the key outside of it. */
  private seal({ sequence, hash }: { sequence: number; hash: Buffer }): string {
    return this.cipher.encrypt(`${sequence} ${hash.toString('hex')}`, SEAL);
  }
}

async function lockHead(manager: EntityManager): Promise<ChainHead> {
  const [row] = await manager.query<HeadRow[]>(
    'select sequence, hash, greatest(recorded_at, clock_timestamp())::timestamptz(3) as recorded_at from audit_chain for update',
  );
  if (row === undefined) throw new Error('the head of the audit chain is missing');
  return { sequence: Number(row.sequence), hash: row.hash, recordedAt: row.recorded_at };
}

const partitionName = (from: Date): string => `audit_events_${from.toISOString().slice(0, 7).replace('-', '_')}`;
