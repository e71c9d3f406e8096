import type { TestDatabase } from './databases.js';

export interface IndexRow {
  name: string;
  status: string;
  labels: Record<string, string>;
  body: { metadata: Record<string, unknown>; [field: string]: unknown };
}

/** The rows that the index has of a kind in one namespace of a cluster, by name; of all namespaces when none is named. */
export function indexRows(
  database: TestDatabase,
  { cluster, resource, namespace }: { cluster: string; resource: string; namespace?: string },
): Promise<IndexRow[]> {
  return database.query<IndexRow>(
    `select o.name, o.status, o.labels, b.body from objects o join object_bodies b using (kind, cluster, uid)
       join indexed_clusters i on i.id = o.cluster join clusters c on c.id = i.cluster_id
       join indexed_kinds k on k.id = o.kind join indexed_namespaces n on n.id = o.namespace
     where c.name = $1 and k.resource = $2 and ($3::text is null or n.name = $3) order by o.name`,
    [cluster, resource, namespace ?? null],
  );
}

/** How each kind of a cluster is followed, by resource. */
export async function reflectionStates(database: TestDatabase, cluster: string): Promise<Record<string, string>> {
  const rows = await database.query<{ resource: string; state: string }>(
    `select k.resource, r.state from reflections r join indexed_kinds k on k.id = r.kind join indexed_clusters i on i.id = r.cluster
       join clusters c on c.id = i.cluster_id where c.name = $1`,
    [cluster],
  );
  return Object.fromEntries(rows.map(({ resource, state }) => [resource, state]));
}

/** The tables in which a text stands anywhere. */
export async function tablesWith(database: TestDatabase, text: string): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r'`,
  );
  const found: string[] = [];
  for (const { name } of tables)
    if ((await database.query(`select from ${name} t where t::text like '%' || $1 || '%' limit 1`, [text])).length > 0) found.push(name);
  return found;
}
