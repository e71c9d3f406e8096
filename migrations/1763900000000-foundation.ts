import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens, clusters and the journal of operations. */
export class Foundation1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table access_tokens (
        id uuid constraint access_tokens_pkey primary key,
        user_name text not null,
        groups text[] not null,
        description text not null,
        hash bytea not null,
        created_by text not null,
        created_at timestamptz not null,
        expires_at timestamptz not null
      )`);
    await runner.query('create index access_tokens_user_name_idx on access_tokens (user_name)');
    await runner.query(`
      create table signing_keys (
        id text constraint signing_keys_pkey primary key,
        public_key text not null,
        private_key text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table clusters (
        id uuid constraint clusters_pkey primary key,
        name text not null constraint clusters_name_key unique,
        display_name text not null,
        labels jsonb not null,
        annotations jsonb not null,
        endpoint text not null,
        certificate_authority text,
        credential text not null,
        credential_expires_at timestamptz,
        generation integer not null,
        system_uid uuid not null constraint clusters_system_uid_key unique,
        disabled_at timestamptz,
        missing_permissions text[] not null,
        created_by text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table operations (
        id uuid constraint operations_pkey primary key,
        kind text not null,
        cluster_id uuid not null,
        cluster_name text not null,
        namespace text not null,
        name text not null,
        phase text not null,
        message text not null,
        user_name text not null,
        groups text[] not null,
        lease_owner uuid not null,
        lease_until timestamptz not null,
        created_at timestamptz not null,
        finished_at timestamptz
      )`);
    await runner.query('create index operations_created_at_idx on operations (created_at)');
    await runner.query(
      `create unique index operations_active_key on operations (cluster_id, namespace, name) where phase in ('Running', 'Waiting', 'Undoing')`,
    );
    await runner.query(`
      create table operation_steps (
        operation_id uuid not null constraint operation_steps_operation_id_fkey references operations (id) on delete cascade,
        index integer not null,
        action text not null,
        target text not null,
        ref jsonb not null,
        state text not null,
        message text not null,
        uid text,
        previous text,
        started_at timestamptz,
        finished_at timestamptz,
        constraint operation_steps_pkey primary key (operation_id, index)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['operation_steps', 'operations', 'clusters', 'signing_keys', 'access_tokens'])
      await runner.query(`drop table ${table}`);
  }
}
