import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** Partitions are made by one replica at a time. */
const PARTITIONS_LOCK = 7_264_501_361;
/** How full their pages are made: room is left, so that what changes stays on its page and touches no index. */
const PARTITIONED = [
  ['objects', 95],
  ['object_bodies', 80],
] as const;

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
      for (const [table, fillFactor] of PARTITIONED) await addPartition(manager, `${table}_${id}`, { table, id, fillFactor });
      return id;
    });
  }
}

/** Made apart and then attached: `partition of` would stop every list of every kind until it is done. */
async function addPartition(
  manager: EntityManager,
  name: string,
  { table, id, fillFactor }: { table: string; id: number; fillFactor: number },
): Promise<void> {
  const [found] = await manager.query<{ exists: boolean }[]>('select to_regclass($1) is not null as exists', [name]);
  if (found?.exists === true) return;
  // A large partition is not to wait until a fifth of it has changed.
  await manager.query(
    `create table ${name} (like ${table} including defaults including constraints)
     with (fillfactor = ${fillFactor}, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
  );
  await manager.query(`alter table ${table} attach partition ${name} for values in (${id})`);
}
