import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Partitions are made by one replica at a time. */
const PARTITIONS_LOCK = 7_264_501_361;

/** The numbers of kinds, and their partitions. */
@Injectable()
export class IndexedKinds {
  private readonly known = new Map<string, Promise<number>>();

  constructor(private readonly database: DataSource) {}

  /** The number of a kind, which from now on has a partition. */
  numberOf(group: string, resource: string): Promise<number> {
    const key = `${resource}.${group}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const number = this.add(group, resource);
    this.known.set(key, number);
    number.catch(() => this.known.delete(key));
    return number;
  }

  private async add(group: string, resource: string): Promise<number> {
    return this.database.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [PARTITIONS_LOCK]);
      // No upsert: each would use up a number.
      const find = () =>
        manager.query<{ id: number }[]>('select id from indexed_kinds where api_group = $1 and resource = $2', [group, resource]);
      const insert = () =>
        manager.query<{ id: number }[]>('insert into indexed_kinds (api_group, resource) values ($1, $2) returning id', [group, resource]);
      const id = ((await find())[0] ?? (await insert())[0])?.id;
      if (id === undefined) throw new Error(`${resource}.${group} got no number`);
      const partition = `objects_${id}`;
      const [found] = await manager.query<{ exists: boolean }[]>('select to_regclass($1) is not null as exists', [partition]);
      if (found?.exists === true) return id;
      // Made apart and then attached: `partition of` would stop every list of every kind until it is done. Room is left on each page, so
      // that a change of status stays on it and touches no index; a large partition is not to wait until a fifth of it has changed.
      await manager.query(
        `create table ${partition} (like objects including defaults including constraints)
         with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
      );
      await manager.query(`alter table objects attach partition ${partition} for values in (${id})`);
      return id;
    });
  }
}
