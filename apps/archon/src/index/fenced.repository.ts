import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LeaseLost } from './lease-lost.js';

/** A kind of a cluster, as the holder of the cluster's lease writes it. */
export interface Reflected {
  cluster: number;
  kind: number;
  /** The fencing token of the lease. */
  token: string;
}

/** A part of a statement: a number that no write before it had, and that every later one exceeds. */
export const REVISION = "revision as materialized (select nextval('index_revisions') as number from fence)";

/**
 * A part of a statement that tells the reflection of it: everything up to the version of this parameter is in the index (nothing of it where it
 * is null), and the reflection has the revision of the statement when other parts return rows.
 */
export const marked = (
  version: string,
  { changedBy = [], isList = false }: { changedBy?: readonly string[]; isList?: boolean },
): string => {
  const isChanged = ['false', ...changedBy.map((part) => `exists (select from ${part})`)].join(' or ');
  return `marked as (
    update reflections r set revision = case when ${isChanged} then (select number from revision) else r.revision end, lease_token = $2, ${isList ? 'listed_at = now(),' : ''}
      resource_version = coalesce(${version}::text, r.resource_version),
      synced_at = case when ${version}::text is null then r.synced_at else now() end,
      state = case when ${version}::text is null then r.state else 'Watching' end,
      reason = case when ${version}::text is null then r.reason else '' end,
      since = case when ${version}::text is null or r.state = 'Watching' then r.since else now() end
    from fence where r.cluster = $1 and r.kind = $3)`;
};

/**
 * Writes under a lease: nothing is changed unless the token is still the lease's. The lock on the lease is held until the statement ends, so
 * that a takeover comes before all of it or after; it is one statement, as a replica that stops between two would hold the lock.
 */
@Injectable()
export class FencedDatabase {
  constructor(private readonly database: DataSource) {}

  /**
   * Runs common table expressions that take what they write `from fence`; $1 is the cluster, $2 the token, $3 the kind, and the parameters
   * follow. Gives one row with the columns. Throws LeaseLost.
   */
  async write<Row>(
    { cluster, kind, token }: Reflected,
    { parts, columns = [] }: { parts: readonly string[]; columns?: readonly string[] },
    parameters: readonly unknown[],
  ): Promise<Row> {
    // The kind is named, so that Postgres knows its type also in a statement without it.
    const fence = 'fence as materialized (select id from indexed_clusters where id = $1 and lease_token = $2 and $3::int > 0 for share)';
    const held = '(select count(*) from fence)::int as held';
    const [row] = await this.database.query<(Row & { held: number })[]>(
      `with ${[fence, ...parts].join(',\n')} select ${[held, ...columns].join(', ')}`,
      [cluster, token, kind, ...parameters],
    );
    if (row?.held !== 1) throw new LeaseLost();
    return row;
  }
}
