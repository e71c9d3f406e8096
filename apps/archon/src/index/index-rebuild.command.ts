import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Pool } from 'pg';
import type { Config } from '#config';
import { startEmbeddedPostgres } from '#database';

interface Querying {
  query<Row>(sql: string, parameters: unknown[]): Promise<Row[]>;
}

const BATCH = 5000;
/** Longer than a batch takes; when the command is killed, a replica goes on after this time. */
const LEASE = "interval '30 seconds'";

/**
 * `archon index rebuild [cluster]`: has every object read and written anew, of one cluster or of all, beside servers that run: after a change
 * of what is left out. Lists go on meanwhile, with what is there. May be killed and begun again.
 */
export async function rebuildIndexCommand(config: Config, cluster: string | undefined, print: (line: string) => void): Promise<number> {
  const url = config.databaseUrl?.reveal() ?? (await startEmbeddedPostgres(path.join(config.stateDir, 'postgres'))).url;
  const pool = new Pool({ connectionString: url, application_name: 'archon-index', max: 1 });
  try {
    const query = async <Row>(sql: string, parameters: unknown[]) => (await pool.query(sql, parameters)).rows as Row[];
    return (await rebuildIndex({ query }, cluster, print)) > 0 ? 0 : 1;
  } finally {
    await pool.end();
  }
}

/** Gives the number of clusters. Each is taken from the replica that follows it, so that nobody writes meanwhile, and left to whoever is first. */
export async function rebuildIndex(database: Querying, name: string | undefined, print: (line: string) => void): Promise<number> {
  const owner = randomUUID();
  const clusters = await database.query<{ id: number; name: string }>(
    `select i.id, c.name from indexed_clusters i join clusters c on c.id = i.cluster_id where $1::text is null or c.name = $1 order by c.name`,
    [name ?? null],
  );
  for (const cluster of clusters) {
    await database.query(
      `update indexed_clusters set lease_owner = $2, lease_token = lease_token + 1, lease_until = now() + ${LEASE} where id = $1`,
      [cluster.id, owner],
    );
    const objects = await forgetVersions(database, cluster.id, owner);
    await countAnew(database, cluster.id);
    await database.query('update reflections set resource_version = null where cluster = $1', [cluster.id]);
    await database.query('update indexed_clusters set lease_until = now() where id = $1 and lease_owner = $2', [cluster.id, owner]);
    print(`${cluster.name}: ${objects} objects are read anew`);
  }
  if (clusters.length === 0) print(name === undefined ? 'the index has no clusters' : `the index has no cluster "${name}"`);
  return clusters.length;
}

/** A row without a version differs from whatever the cluster has. */
async function forgetVersions(database: Querying, cluster: number, owner: string): Promise<number> {
  let count = 0;
  for (const { kind } of await database.query<{ kind: number }>('select kind from reflections where cluster = $1', [cluster])) {
    let after = '00000000-0000-0000-0000-000000000000';
    for (let last: string | undefined = after; last !== undefined; ) {
      after = last;
      const done = await database.query<{ uid: string }>(
        `with batch as (select uid from object_bodies where kind = $1 and cluster = $2 and uid > $3 order by uid limit ${BATCH}),
           kept as (update indexed_clusters set lease_until = now() + ${LEASE} where id = $2 and lease_owner = $4),
           forgotten as (update object_bodies o set resource_version = '' from batch b where o.kind = $1 and o.cluster = $2 and o.uid = b.uid)
         select uid from batch order by uid`,
        [kind, cluster, after, owner],
      );
      count += done.length;
      last = done.at(-1)?.uid;
    }
  }
  return count;
}

async function countAnew(database: Querying, cluster: number): Promise<void> {
  await database.query('delete from object_counts where cluster = $1', [cluster]);
  await database.query(
    `insert into object_counts (kind, cluster, namespace, status, count)
     select kind, cluster, place.namespace, status, count(*) from objects o, unnest(array[0, o.namespace]) as place (namespace)
     where kind in (select kind from reflections where cluster = $1) and cluster = $1 group by kind, cluster, place.namespace, status`,
    [cluster],
  );
}
