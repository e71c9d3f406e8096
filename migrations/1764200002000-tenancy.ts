import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Projects, their clusters with quotas, their namespaces and what these have claimed of the quotas; operations over several clusters, with
 * Archon's own credential, and with what belongs to their end.
 */
export class Tenancy1764200002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table projects (
        name text constraint projects_pkey primary key,
        id uuid not null constraint projects_id_key unique,
        labels jsonb not null,
        annotations jsonb not null,
        resources jsonb not null,
        delete_policy text not null,
        generation integer not null,
        resource_version bigint not null,
        deleted_at timestamptz,
        created_by text not null,
        created_at timestamptz not null
      )`);
    await runner.query('create sequence projects_resource_version_seq');
    await runner.query(`
      create table project_clusters (
        project text not null constraint project_clusters_project_fkey references projects (name) on delete cascade,
        cluster_id uuid not null constraint project_clusters_cluster_id_fkey references clusters (id) on delete cascade,
        type text not null,
        hard jsonb not null,
        phase text not null,
        message text not null,
        constraint project_clusters_pkey primary key (project, cluster_id)
      )`);
    await runner.query('create index project_clusters_cluster_id_idx on project_clusters (cluster_id)');
    await runner.query(`
      create table namespaces (
        cluster_id uuid not null,
        name text not null,
        project text not null,
        is_inner boolean not null,
        phase text not null,
        desired jsonb not null,
        uid_range text,
        observed jsonb,
        observed_at timestamptz,
        drift jsonb not null,
        created_by text not null,
        created_at timestamptz not null,
        constraint namespaces_pkey primary key (cluster_id, name),
        constraint namespaces_uid_range_key unique (cluster_id, uid_range),
        constraint namespaces_project_cluster_id_fkey foreign key (project, cluster_id) references project_clusters (project, cluster_id)
          on delete cascade
      )`);
    await runner.query('create index namespaces_project_name_idx on namespaces (project, name, cluster_id)');
    await runner.query(`
      create table quota_claims (
        cluster_id uuid not null,
        namespace text not null,
        key text not null,
        amount numeric not null,
        constraint quota_claims_pkey primary key (cluster_id, namespace, key),
        constraint quota_claims_namespace_fkey foreign key (cluster_id, namespace) references namespaces (cluster_id, name) on delete cascade
      )`);
    await runner.query(`
      create table namespace_rounds (
        cluster_id uuid constraint namespace_rounds_pkey primary key
          constraint namespace_rounds_cluster_id_fkey references clusters (id) on delete cascade,
        begun_at timestamptz not null
      )`);
    await runner.query(`
      alter table memberships
        add constraint memberships_project_fkey foreign key (project) references projects (name) on delete cascade,
        add constraint memberships_namespace_fkey foreign key (cluster_id, namespace) references namespaces (cluster_id, name)
          on delete cascade`);
    await runner.query(`alter table operations add column acts_as text not null default 'caller', add column payload jsonb`);
    await runner.query('alter table operations alter column acts_as drop default');
    await runner.query(`
      alter table operation_steps
        add column cluster_id uuid,
        add column cluster_name text,
        add column adopts boolean not null default false,
        add column patch jsonb`);
    await runner.query('alter table operation_steps alter column adopts drop default');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table memberships drop constraint memberships_project_fkey, drop constraint memberships_namespace_fkey');
    await runner.query(
      'alter table operation_steps drop column cluster_id, drop column cluster_name, drop column adopts, drop column patch',
    );
    await runner.query('alter table operations drop column acts_as, drop column payload');
    for (const table of ['namespace_rounds', 'quota_claims', 'namespaces', 'project_clusters', 'projects'])
      await runner.query(`drop table ${table}`);
    await runner.query('drop sequence projects_resource_version_seq');
  }
}
