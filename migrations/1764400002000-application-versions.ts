import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Versions of applications, and their manifests, each of which is stored once. */
export class ApplicationVersions1764400002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table manifest_keys (
        id text constraint manifest_keys_pkey primary key,
        secret text not null
      )`);
    await runner.query(`
      create table manifests (
        id bigint generated always as identity constraint manifests_pkey primary key,
        hash bytea not null constraint manifests_hash_key unique,
        api_group text not null,
        kind text not null,
        name text not null,
        body bytea,
        sealed text,
        constraint manifests_body_check check ((body is null) <> (sealed is null))
      )`);
    // Both are as small as they get: Postgres need not try to compress them again.
    await runner.query('alter table manifests alter column body set storage external, alter column sealed set storage external');
    await runner.query(`
      create table application_histories (
        id bigint generated always as identity constraint application_histories_pkey primary key,
        cluster_id uuid not null,
        namespace text not null,
        name text not null,
        uid uuid,
        revision integer not null,
        changes bigint not null,
        constraint application_histories_name_key unique (cluster_id, namespace, name)
      )`);
    await runner.query(`
      create table application_versions (
        id bigint generated always as identity constraint application_versions_pkey primary key,
        history bigint not null constraint application_versions_history_fkey references application_histories (id) on delete cascade,
        uid uuid,
        revision integer,
        operation_id uuid constraint application_versions_operation_id_key unique,
        user_name text not null,
        created_at timestamptz not null,
        change_cause text not null,
        ticket text not null,
        digest bytea not null,
        images text[] not null,
        changes jsonb,
        expires_at timestamptz,
        constraint application_versions_revision_key unique (history, uid, revision)
      )`);
    await runner.query(
      'create index application_versions_expires_at_idx on application_versions (expires_at) where expires_at is not null',
    );
    await runner.query(`
      create table application_version_objects (
        version bigint not null constraint application_version_objects_version_fkey references application_versions (id) on delete cascade,
        position integer not null,
        manifest bigint not null constraint application_version_objects_manifest_fkey references manifests (id),
        constraint application_version_objects_pkey primary key (version, position)
      )`);
    await runner.query('create index application_version_objects_manifest_idx on application_version_objects (manifest)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['application_version_objects', 'application_versions', 'application_histories', 'manifests', 'manifest_keys'])
      await runner.query(`drop table ${table}`);
  }
}
