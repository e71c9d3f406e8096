import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users and their sessions. Groups are those that a user has when a request comes, so tokens no longer hold any. */
export class Users1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table users (
        id uuid constraint users_pkey primary key,
        name text not null constraint users_name_key unique,
        object_name text not null constraint users_object_name_key unique,
        display_name text not null,
        source text not null,
        password text,
        must_change_password boolean not null,
        generation integer not null,
        roles text[] not null,
        told_groups text[] not null,
        disabled_at timestamptz,
        created_by text not null,
        created_at timestamptz not null,
        last_login_at timestamptz
      )`);
    await runner.query(`
      create table sessions (
        id uuid constraint sessions_pkey primary key,
        user_id uuid not null constraint sessions_user_id_fkey references users (id) on delete cascade,
        generation integer not null,
        method text not null,
        address text not null,
        user_agent text not null,
        created_at timestamptz not null,
        last_used_at timestamptz not null,
        expires_at timestamptz not null,
        ends_at timestamptz not null
      )`);
    await runner.query('create index sessions_user_id_idx on sessions (user_id)');
    await runner.query('create index sessions_expires_at_idx on sessions (expires_at)');
    await runner.query(`
      create table refresh_tokens (
        hash bytea constraint refresh_tokens_pkey primary key,
        session_id uuid not null constraint refresh_tokens_session_id_fkey references sessions (id) on delete cascade,
        issued_at timestamptz not null,
        used_at timestamptz
      )`);
    await runner.query('create index refresh_tokens_session_id_idx on refresh_tokens (session_id)');
    await runner.query(`
      create table login_failures (
        key text constraint login_failures_pkey primary key,
        failures integer not null,
        until timestamptz not null
      )`);
    await runner.query('create index login_failures_until_idx on login_failures (until)');
    await runner.query(`
      create table password_keys (
        id text constraint password_keys_pkey primary key,
        public_key text not null,
        private_key text not null,
        created_at timestamptz not null
      )`);
    await runner.query('alter table access_tokens drop column groups');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table access_tokens add column groups text[] not null default '{}'`);
    await runner.query('alter table access_tokens alter column groups drop default');
    for (const table of ['password_keys', 'login_failures', 'refresh_tokens', 'sessions', 'users'])
      await runner.query(`drop table ${table}`);
  }
}
