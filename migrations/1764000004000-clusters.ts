import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a cluster's credential may do and when it ends; and the history of registrations, from which watches are served. */
export class Clusters1764000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table clusters add column resource_version bigint not null default 1`);
    await runner.query(`alter table clusters add column checks jsonb not null default '[]'`);
    await runner.query(`alter table clusters add column expirations jsonb not null default '[]'`);
    for (const column of ['resource_version', 'checks', 'expirations'])
      await runner.query(`alter table clusters alter column ${column} drop default`);
    await runner.query(`
      create table cluster_changes (
        resource_version bigint constraint cluster_changes_pkey primary key,
        before jsonb,
        after jsonb,
        created_at timestamptz not null
      )`);
    // The newest row is never removed: it is the version of the list.
    await runner.query(`insert into cluster_changes (resource_version, created_at) values (1, now())`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table cluster_changes');
    for (const column of ['resource_version', 'checks', 'expirations']) await runner.query(`alter table clusters drop column ${column}`);
  }
}
