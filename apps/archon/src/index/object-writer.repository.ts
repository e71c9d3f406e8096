import { Injectable } from '@nestjs/common';
import { type Change, lastChanges } from './changes.js';
import { FencedDatabase, marked, type Reflected, REVISION } from './fenced.repository.js';
import { IndexedNamespaces } from './indexed-namespaces.repository.js';
import type { ObjectRow } from './object-row.js';

const GIVEN = `given as materialized (
  select o.namespace, o.uid, o.name, o.created_at, o.resource_version, o.status, nullif(o.owners, '{}')::uuid[] as owners, o.refs::text[] as refs, o.labels, o.body
  from fence,
    unnest($4::int[], $5::uuid[], $6::text[], $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::jsonb[])
      as o (namespace, uid, name, created_at, resource_version, status, owners, refs, labels, body))`;

/** How the rows were before the statement that writes them. */
const BEFORE = `before as materialized (
  select o.* from fence, objects o where o.kind = $3 and o.cluster = $1 and o.uid = any($5::uuid[]))`;

const BODIES = `bodies as (
  insert into object_bodies (kind, cluster, uid, resource_version, refs, body)
  select $3::int, $1, g.uid, g.resource_version, g.refs, g.body from given g
  on conflict on constraint object_bodies_pkey do update set
    resource_version = excluded.resource_version, refs = excluded.refs, body = excluded.body
  where object_bodies.resource_version <> excluded.resource_version
  returning uid)`;

/** Most changes change nothing that lists look at. */
const WRITTEN = `written as (
  insert into objects (kind, cluster, namespace, uid, name, created_at, status, owners, labels)
  select $3::int, $1, g.namespace, g.uid, g.name, g.created_at, g.status, g.owners, g.labels
  from given g join bodies using (uid) left join before b using (uid)
  where b.uid is null
    or (g.namespace, g.name, g.created_at, g.status, g.owners, g.labels) is distinct from
       (b.namespace, b.name, b.created_at, b.status, b.owners, b.labels)
  on conflict on constraint objects_pkey do update set
    namespace = excluded.namespace, name = excluded.name, created_at = excluded.created_at, status = excluded.status, owners = excluded.owners,
    labels = excluded.labels
  returning uid, namespace, status)`;
const TOLD = 'told as (select g.uid, g.namespace, g.name from given g join bodies using (uid))';

/** Deletes the bodies of the objects that `gone` deletes. */
const GONE_BODIES = 'gone_bodies as (delete from object_bodies b using gone g where b.kind = $3 and b.cluster = $1 and b.uid = g.uid)';

/**
 * A part of a statement that counts what others add and take away: tables with a namespace and a status, or a part of one. Namespace 0 has the
 * counts of the whole cluster.
 */
const counted = (added: readonly string[], taken: readonly string[]): string => `counted as (
  insert into object_counts (kind, cluster, namespace, status, count)
  select $3, $1, place.namespace, d.status, sum(d.number) from (${[
    ...added.map((from) => `select namespace, status, 1 as number from ${from}`),
    ...taken.map((from) => `select namespace, status, -1 as number from ${from}`),
  ].join(' union all ')}) as d, unnest(array[0, d.namespace]) as place (namespace)
  group by place.namespace, d.status having sum(d.number) <> 0
  on conflict on constraint object_counts_pkey do update set count = object_counts.count + excluded.count)`;

/** Parts of a statement that tell what of its rows these other parts have changed: to the reflection, and to watches. */
const changed = (version: string, by: readonly string[], isList = false): string[] => [
  REVISION,
  `logged as (
    insert into object_changes (kind, cluster, revision, uid, namespace, name, written_at)
    select $3, $1, revision.number, c.uid, c.namespace, c.name, now() from revision,
      (${by.map((part) => `select uid, namespace, name from ${part}`).join(' union all ')}) as c)`,
  marked(version, { changedBy: by, isList }),
];

/** Writes what reflectors see into the index, in batches that may come twice. Throws LeaseLost when another replica follows the cluster. */
@Injectable()
export class ObjectWriter {
  constructor(
    private readonly fenced: FencedDatabase,
    private readonly namespaces: IndexedNamespaces,
  ) {}

  /** Makes the index as after these changes, in the order in which they came. With a version: it has everything up to it then. */
  async apply(reflected: Reflected, changes: readonly Change<ObjectRow>[], resourceVersion?: string): Promise<void> {
    const { rows, deleted } = lastChanges(changes);
    const numbers = await this.namespaces.numbers(
      reflected,
      rows.map(({ namespace }) => namespace),
    );
    const gone =
      'gone as (delete from objects o using fence where o.kind = $3 and o.cluster = $1 and o.uid = any($14::uuid[]) returning o.uid, o.namespace, o.name, o.status)';
    const counts = counted(['written'], ['gone', '(select b.namespace, b.status from before b join written using (uid)) as replaced']);
    const parts = [GIVEN, BEFORE, BODIES, WRITTEN, TOLD, gone, GONE_BODIES, counts, ...changed('$15', ['told', 'gone'])];
    await this.fenced.write(reflected, { parts }, [
      rows.map(({ namespace }) => numbers.get(namespace)),
      rows.map(({ uid }) => uid),
      rows.map(({ name }) => name),
      rows.map(({ createdAt }) => createdAt),
      rows.map((row) => row.resourceVersion),
      rows.map(({ status }) => status),
      rows.map(({ owners }) => `{${owners.join(',')}}`),
      rows.map(({ refs }) => arrayLiteral(refs)),
      rows.map(({ labels }) => labels),
      rows.map(({ body }) => body),
      deleted,
      resourceVersion ?? null,
    ]);
  }

  /** The end of a list: objects that were not in it are gone. */
  async finishList(reflected: Reflected, uids: readonly string[], resourceVersion: string): Promise<void> {
    const gone = `gone as (
      delete from objects o using fence where o.kind = $3 and o.cluster = $1
        and not exists (select from unnest($4::uuid[]) as listed (uid) where listed.uid = o.uid)
      returning o.uid, o.namespace, o.name, o.status)`;
    await this.fenced.write(reflected, { parts: [gone, GONE_BODIES, counted([], ['gone']), ...changed('$5', ['gone'], true)] }, [
      uids,
      resourceVersion,
    ]);
  }

  /** The cluster has the kind no more. */
  async drop(reflected: Reflected): Promise<void> {
    const gone = 'gone as (delete from objects o using fence where o.kind = $3 and o.cluster = $1)';
    const goneBodies = 'gone_bodies as (delete from object_bodies b using fence where b.kind = $3 and b.cluster = $1)';
    const uncounted = 'uncounted as (delete from object_counts o using fence where o.kind = $3 and o.cluster = $1)';
    await this.fenced.write(reflected, { parts: [gone, goneBodies, uncounted] }, []);
  }
}

/** As Postgres reads an array of texts. */
const arrayLiteral = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
