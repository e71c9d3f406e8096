import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users. Groups are those that a user has when a request comes, so tokens no longer hold any. */
export class Users1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table users (
        id uuid constraint users_pkey primary key,
        name text not null constraint users_name_key unique,
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
    await runner.query('alter table access_tokens drop column groups');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table access_tokens add column groups text[] not null default '{}'`);
    await runner.query('alter table access_tokens alter column groups drop default');
    await runner.query('drop table users');
  }
}
