import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Scopes, last use and rotation of API tokens; signing keys that retire. The stored hashes become ones with a secret, which can't be made
 * from the old ones: tokens made before end here, and the first administrator's is made anew at start.
 */
export class Tokens1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('delete from access_tokens');
    await runner.query(`
      alter table access_tokens
        add column scope jsonb,
        add column parent_id uuid,
        add column replaced_by uuid,
        add column last_used_at timestamptz,
        add column last_used_from text`);
    await runner.query('create index access_tokens_created_at_idx on access_tokens (created_at, id)');
    await runner.query('create index access_tokens_expires_at_idx on access_tokens (expires_at)');
    await runner.query(`
      create table token_peppers (
        id text constraint token_peppers_pkey primary key,
        secret text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      alter table signing_keys
        alter column private_key drop not null,
        add column retired_at timestamptz,
        add column covers_until timestamptz`);
    await runner.query('update signing_keys set covers_until = now()');
    await runner.query('alter table signing_keys alter column covers_until set not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('delete from signing_keys where private_key is null');
    await runner.query('alter table signing_keys alter column private_key set not null, drop column retired_at, drop column covers_until');
    await runner.query('drop table token_peppers');
    await runner.query('delete from access_tokens');
    await runner.query('drop index access_tokens_created_at_idx, access_tokens_expires_at_idx');
    await runner.query(`
      alter table access_tokens
        drop column scope, drop column parent_id, drop column replaced_by, drop column last_used_at, drop column last_used_from`);
  }
}
