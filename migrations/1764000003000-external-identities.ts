import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Issuers of other identities, and who of theirs is which user here. */
export class ExternalIdentities1764000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table identity_providers (
        id uuid constraint identity_providers_pkey primary key,
        name text not null constraint identity_providers_name_key unique,
        issuer text not null constraint identity_providers_issuer_key unique,
        client_id text,
        client_secret text,
        audiences text[] not null,
        algorithms text[] not null,
        rules jsonb not null,
        scopes text[] not null,
        certificate_authority text,
        origins text[] not null,
        disabled_at timestamptz,
        generation integer not null,
        created_by text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table external_identities (
        issuer text not null,
        subject text not null,
        user_id uuid not null constraint external_identities_user_id_fkey references users (id) on delete cascade,
        told_at timestamptz not null,
        constraint external_identities_pkey primary key (issuer, subject)
      )`);
    await runner.query('create unique index external_identities_user_id_idx on external_identities (user_id)');
    await runner.query(`
      create table pending_logins (
        hash bytea constraint pending_logins_pkey primary key,
        kind text not null,
        provider text not null,
        sealed text not null,
        polled_at timestamptz,
        expires_at timestamptz not null
      )`);
    await runner.query('create index pending_logins_expires_at_idx on pending_logins (expires_at)');
    await runner.query(`
      create table external_sessions (
        session_id uuid constraint external_sessions_pkey primary key
          constraint external_sessions_session_id_fkey references sessions (id) on delete cascade,
        issuer text not null,
        subject text not null,
        refresh_token text,
        confirmed_at timestamptz not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['external_sessions', 'pending_logins', 'external_identities', 'identity_providers'])
      await runner.query(`drop table ${table}`);
  }
}
