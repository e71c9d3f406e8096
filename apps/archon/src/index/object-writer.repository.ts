import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { LeaseLost } from './lease-lost.js';
import { lastChanges, type ObjectChange } from './object-changes.js';
import type { ReflectionState } from './reflection.entity.js';

/** A kind of a cluster, as the holder of the cluster's lease writes it. */
export interface Reflected {
  cluster: number;
  kind: number;
  /** The fencing token of the lease. */
  token: string;
}

/**
 * Nothing is written unless the token is still the lease's. The lock on the lease is held until the statement ends, so that a takeover comes
 * before all of it or after; it is one statement, as a replica that stops between two would hold the lock.
 */
const FENCE = `fence as materialized (select id from indexed_clusters where id = $1 and lease_token = $2 for share)`;
const HELD = `(select count(*) from fence)::int as held`;

/** Writes what reflectors see into the index, in batches that may come twice. Throws LeaseLost when another replica follows the cluster. */
@Injectable()
export class ObjectWriter {
  /** Numbers of namespaces, by cluster and name. */
  private readonly namespaces = new LRUCache<string, number>({ max: 100_000 });

  constructor(private readonly database: DataSource) {}

  /** Announces that the kind is followed; gives the version up to which the index has everything, when there is one. */
  async start({ cluster, kind, token }: Reflected, version: string): Promise<string | undefined> {
    const [row] = await this.fenced<{ resource_version: string | null }>(
      `started as (
         insert into reflections (cluster, kind, version, state, reason, since, lease_token)
         select $1, $3::int, $4, 'Listing', '', now(), $2 from fence
         on conflict on constraint reflections_pkey do update set version = excluded.version, lease_token = excluded.lease_token
         returning resource_version)
       select ${HELD}, (select resource_version from started)`,
      [cluster, token, kind, version],
    );
    return row?.resource_version ?? undefined;
  }

  /** Makes the index as after these changes, in the order in which they came. With a version: it has everything up to it then. */
  async apply(reflected: Reflected, changes: readonly ObjectChange[], resourceVersion?: string): Promise<void> {
    const { cluster, kind, token } = reflected;
    const { rows, deleted } = lastChanges(changes);
    const numbers = await this.namespaceNumbers(reflected, [...new Set(rows.map(({ namespace }) => namespace))]);
    await this.fenced(
      `written as (
         insert into objects (kind, cluster, namespace, uid, name, created_at, resource_version, status, owners, labels, body)
         select $3::int, $1, o.namespace, o.uid, o.name, o.created_at, o.resource_version, o.status, o.owners::uuid[], o.labels, o.body from fence,
           unnest($4::int[], $5::uuid[], $6::text[], $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::jsonb[], $12::jsonb[])
             as o (namespace, uid, name, created_at, resource_version, status, owners, labels, body)
         on conflict on constraint objects_pkey do update set
           namespace = excluded.namespace, name = excluded.name, created_at = excluded.created_at, resource_version = excluded.resource_version,
           status = excluded.status, owners = excluded.owners, labels = excluded.labels, body = excluded.body
         where objects.resource_version <> excluded.resource_version),
       deleted as (delete from objects o using fence where o.kind = $3 and o.cluster = $1 and o.uid = any($13::uuid[])),
       marked as (
         update reflections r set resource_version = $14, synced_at = now(), lease_token = $2,
           state = 'Watching', reason = '', since = case when r.state = 'Watching' then r.since else now() end
         from fence where r.cluster = $1 and r.kind = $3 and $14::text is not null)
       select ${HELD}`,
      [
        cluster,
        token,
        kind,
        rows.map(({ namespace }) => numbers.get(namespace)),
        rows.map(({ uid }) => uid),
        rows.map(({ name }) => name),
        rows.map(({ createdAt }) => createdAt),
        rows.map((row) => row.resourceVersion),
        rows.map(({ status }) => status),
        rows.map(({ owners }) => `{${owners.join(',')}}`),
        rows.map(({ labels }) => labels),
        rows.map(({ body }) => body),
        deleted,
        resourceVersion ?? null,
      ],
    );
  }

  /** The end of a list: objects that were not in it are gone. */
  async finishList({ cluster, kind, token }: Reflected, uids: readonly string[], resourceVersion: string): Promise<void> {
    await this.fenced(
      `deleted as (
         delete from objects o using fence where o.kind = $3 and o.cluster = $1
           and not exists (select from unnest($4::uuid[]) as listed (uid) where listed.uid = o.uid)),
       marked as (
         update reflections r set resource_version = $5, listed_at = now(), synced_at = now(), lease_token = $2,
           state = 'Watching', reason = '', since = now()
         from fence where r.cluster = $1 and r.kind = $3)
       select ${HELD}`,
      [cluster, token, kind, uids, resourceVersion],
    );
  }

  async setState({ cluster, kind, token }: Reflected, state: ReflectionState, reason: string): Promise<void> {
    await this.fenced(
      `marked as (
         update reflections r set state = $4, reason = $5, since = case when r.state = $4 then r.since else now() end, lease_token = $2
         from fence where r.cluster = $1 and r.kind = $3)
       select ${HELD}`,
      [cluster, token, kind, state, reason],
    );
  }

  /** The kinds of a cluster that the index has, or begins to have. */
  kindsOf(cluster: number): Promise<{ kind: number; group: string; resource: string }[]> {
    return this.database.query(
      `select k.id as kind, k.api_group as "group", k.resource from reflections r join indexed_kinds k on k.id = r.kind where r.cluster = $1`,
      [cluster],
    );
  }

  /** The cluster serves the kind no more. */
  async drop({ cluster, kind, token }: Reflected): Promise<void> {
    await this.fenced(
      `deleted as (delete from objects o using fence where o.kind = $3 and o.cluster = $1),
       forgotten as (delete from reflections r using fence where r.kind = $3 and r.cluster = $1)
       select ${HELD}`,
      [cluster, token, kind],
    );
  }

  private async namespaceNumbers({ cluster, token }: Reflected, names: readonly string[]): Promise<Map<string, number>> {
    const numbers = new Map<string, number>();
    const keyOf = (name: string) => `${cluster}/${name}`;
    const missing = names.filter((name) => {
      const number = this.namespaces.get(keyOf(name));
      if (number !== undefined) numbers.set(name, number);
      return number === undefined;
    });
    if (missing.length === 0) return numbers;
    await this.fenced(
      `written as (
         insert into indexed_namespaces (cluster, name)
         select $1, n.name from fence, unnest($3::text[]) as n (name)
         where not exists (select from indexed_namespaces i where i.cluster = $1 and i.name = n.name)
         on conflict on constraint indexed_namespaces_name_key do nothing)
       select ${HELD}`,
      [cluster, token, missing],
    );
    const found = await this.database.query<{ id: number; name: string }[]>(
      'select id, name from indexed_namespaces where cluster = $1 and name = any($2)',
      [cluster, missing],
    );
    for (const { id, name } of found) {
      numbers.set(name, id);
      this.namespaces.set(keyOf(name), id);
    }
    return numbers;
  }

  private async fenced<Row>(statement: string, parameters: readonly unknown[]): Promise<Row[]> {
    const rows = await this.database.query<(Row & { held: number })[]>(`with ${FENCE}, ${statement}`, [...parameters]);
    if (rows[0]?.held !== 1) throw new LeaseLost();
    return rows;
  }
}
