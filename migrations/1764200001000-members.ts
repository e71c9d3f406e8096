import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who has which role where, the roles that administrators write, and which of those each cluster holds. */
export class Members1764200001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table memberships (
        id uuid constraint memberships_pkey primary key,
        subject text not null,
        user_name text constraint memberships_user_name_fkey references users (name) on delete cascade,
        role text not null,
        scope text not null,
        place text not null,
        project text,
        cluster_id uuid constraint memberships_cluster_id_fkey references clusters (id) on delete cascade,
        namespace text,
        created_by text not null,
        created_at timestamptz not null,
        constraint memberships_subject_role_place_key unique (subject, role, place)
      )`);
    for (const column of ['user_name', 'place', 'project', 'cluster_id'])
      await runner.query(`create index memberships_${column}_idx on memberships (${column})`);
    await runner.query(`
      create table custom_roles (
        name text constraint custom_roles_pkey primary key,
        display_name text not null,
        description text not null,
        level text not null,
        rules jsonb not null,
        generation integer not null,
        created_by text not null,
        created_at timestamptz not null
      )`);
    await runner.query(`
      create table role_installations (
        cluster_id uuid constraint role_installations_pkey primary key
          constraint role_installations_cluster_id_fkey references clusters (id) on delete cascade,
        digest text not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table role_installations');
    await runner.query('drop table custom_roles');
    await runner.query('drop table memberships');
  }
}
