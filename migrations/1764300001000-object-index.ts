import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The objects of all clusters, one partition per kind, as reflectors have seen them, what lists look at apart from their bodies; how far each
 * reflector is, and which replica follows a cluster. Clusters, kinds and namespaces are numbers there: what a caller may see is a list of them. Objects of a whole cluster are in its
 * namespace without a name. Kubernetes' own events are kept apart, by day.
 */
export class ObjectIndex1764300001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create extension if not exists pg_trgm');
    await runner.query(`
      create table indexed_clusters (
        id integer generated always as identity constraint indexed_clusters_pkey primary key,
        cluster_id uuid constraint indexed_clusters_cluster_id_key unique
          constraint indexed_clusters_cluster_id_fkey references clusters (id) on delete set null,
        lease_owner uuid,
        lease_token bigint not null,
        lease_until timestamptz
      )`);
    await runner.query(`
      create table index_followers (
        id uuid constraint index_followers_pkey primary key,
        seen_at timestamptz not null
      )`);
    await runner.query(`
      create table indexed_kinds (
        id integer generated always as identity constraint indexed_kinds_pkey primary key,
        api_group text not null,
        resource text not null,
        constraint indexed_kinds_resource_key unique (api_group, resource)
      )`);
    await runner.query(`
      create table indexed_namespaces (
        id integer generated always as identity constraint indexed_namespaces_pkey primary key,
        cluster integer not null constraint indexed_namespaces_cluster_fkey references indexed_clusters (id) on delete cascade,
        name text collate "C" not null,
        constraint indexed_namespaces_name_key unique (cluster, name)
      )`);
    await runner.query('create sequence index_revisions');
    await runner.query(`
      create table reflections (
        cluster integer not null constraint reflections_cluster_fkey references indexed_clusters (id) on delete cascade,
        kind integer not null constraint reflections_kind_fkey references indexed_kinds (id) on delete cascade,
        version text not null,
        object_kind text not null,
        namespaced boolean not null,
        state text not null,
        reason text not null,
        since timestamptz not null,
        resource_version text,
        revision bigint not null default nextval('index_revisions'),
        listed_at timestamptz,
        synced_at timestamptz,
        lease_token bigint not null,
        constraint reflections_pkey primary key (cluster, kind)
      ) with (fillfactor = 50)`);
    await this.createObjects(runner);
    await this.createBodies(runner);
    await this.createCounts(runner);
    await this.createChanges(runner);
    await this.createEvents(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'object_changes',
      'object_counts',
      'kubernetes_events',
      'object_bodies',
      'objects',
      'reflections',
      'indexed_namespaces',
      'indexed_kinds',
      'index_followers',
      'indexed_clusters',
    ])
      await runner.query(`drop table ${table}`);
    await runner.query('drop sequence index_revisions');
    // The extension stays: it may have been there before.
  }

  /** No foreign keys: a cluster or a kind goes with its rows in the order that the code decides, in batches. */
  private async createObjects(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table objects (
        created_at timestamptz not null,
        kind integer not null,
        cluster integer not null,
        namespace integer not null,
        uid uuid not null,
        name text collate "C" not null,
        status text not null,
        owners uuid[],
        labels jsonb not null,
        constraint objects_pkey primary key (kind, cluster, uid)
      ) partition by list (kind)`);
    await runner.query('create index objects_name_idx on objects (kind, name, uid, cluster)');
    await runner.query('create index objects_created_at_idx on objects (kind, created_at, uid, cluster)');
    await runner.query('create index objects_namespace_idx on objects (namespace, kind, name, uid, cluster) include (created_at)');
    await runner.query('create index objects_owners_idx on objects using gin (owners) where owners is not null');
    await runner.query('create index objects_labels_idx on objects using gin (labels jsonb_path_ops)');
    await runner.query('create index objects_name_search_idx on objects using gin (name gin_trgm_ops)');
  }

  /** Most of the bytes, of which a list reads those of its page: what it counts and filters by lies close together. */
  private async createBodies(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table object_bodies (
        kind integer not null,
        cluster integer not null,
        uid uuid not null,
        resource_version text not null,
        refs text[] not null,
        body jsonb not null,
        constraint object_bodies_pkey primary key (kind, cluster, uid)
      ) partition by list (kind)`);
    await runner.query(`create index object_bodies_refs_idx on object_bodies using gin (refs) where refs <> '{}'`);
  }

  /**
   * How many there are, in each namespace and, as namespace 0, in a cluster: a list is not read to its end to tell that. The number is in no index, so that
   * its changes stay on their page.
   */
  private async createCounts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table object_counts (
        kind integer not null,
        cluster integer not null,
        namespace integer not null,
        status text not null,
        count integer not null,
        constraint object_counts_pkey primary key (kind, cluster, namespace, status)
      ) with (fillfactor = 70)`);
    await runner.query('create index object_counts_namespace_idx on object_counts (namespace, kind)');
  }

  /** What was written lately, so that watches can be told: which objects, not how they are. */
  private async createChanges(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table object_changes (
        kind integer not null,
        cluster integer not null,
        revision bigint not null,
        uid uuid not null,
        namespace integer not null,
        name text collate "C" not null,
        written_at timestamptz not null,
        constraint object_changes_pkey primary key (kind, cluster, revision, uid)
      )`);
    await runner.query('create index object_changes_written_at_idx on object_changes using brin (written_at)');
  }

  private async createEvents(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table kubernetes_events (
        created_at timestamptz not null,
        cluster integer not null,
        namespace integer not null,
        uid uuid not null,
        resource_version text not null,
        type text not null,
        reason text not null,
        regarding uuid,
        seen_at timestamptz not null,
        body jsonb not null,
        constraint kubernetes_events_pkey primary key (created_at, cluster, uid)
      ) partition by range (created_at)`);
    await runner.query('create index kubernetes_events_namespace_idx on kubernetes_events (namespace, seen_at desc, uid)');
    await runner.query('create index kubernetes_events_regarding_idx on kubernetes_events (regarding, seen_at desc)');
  }
}
