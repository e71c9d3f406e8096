import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Partitions are made and dropped by one replica at a time. */
const PARTITIONS_LOCK = 7_264_501_362;
const DAY_MS = 86_400_000;
const PREFIX = 'kubernetes_events_';

/** The partitions of Kubernetes' events, one per day of their creation. */
@Injectable()
export class EventPartitions {
  private readonly known = new Set<string>();

  constructor(private readonly database: DataSource) {}

  /** Makes those partitions that are missing. */
  async ensure(times: Iterable<Date>): Promise<void> {
    for (const day of new Set([...times].map(dayOf))) {
      if (this.known.has(day)) continue;
      await this.create(day);
      this.known.add(day);
    }
  }

  /** Drops the days of which nothing is younger than so many days; gives the names of their partitions. */
  async dropOlder(days: number): Promise<string[]> {
    const first = `${PREFIX}${dayOf(new Date(Date.now() - days * DAY_MS)).replaceAll('-', '')}`;
    const old = await this.database.query<{ name: string }[]>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'kubernetes_events'::regclass and c.relname < $1 order by 1`,
      [first],
    );
    for (const { name } of old)
      await this.database.transaction(async (manager) => {
        // Whoever reads for long is not waited for, as all others would wait behind us: the next round tries again.
        await manager.query(`set local lock_timeout = '2s'`);
        await manager.query(`drop table if exists ${name}`);
      });
    this.known.clear();
    return old.map(({ name }) => name);
  }

  /** Made apart and then attached, as attaching stops no reader. */
  private async create(day: string): Promise<void> {
    const name = `${PREFIX}${day.replaceAll('-', '')}`;
    const next = dayOf(new Date(Date.parse(day) + DAY_MS));
    await this.database.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [PARTITIONS_LOCK]);
      const [found] = await manager.query<{ exists: boolean }[]>('select to_regclass($1) is not null as exists', [name]);
      if (found?.exists === true) return;
      await manager.query(`create table ${name} (like kubernetes_events including defaults including constraints) with (fillfactor = 85)`);
      await manager.query(
        `alter table kubernetes_events attach partition ${name} for values from ('${day}T00:00:00Z') to ('${next}T00:00:00Z')`,
      );
    });
  }
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
