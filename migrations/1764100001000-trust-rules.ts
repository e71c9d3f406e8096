import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Trust rules and the tokens that they give; scopes of tokens bound to the registrations of the clusters that they name: the ones of these
 * names now, as no other is known. ServiceAccount tokens of a cluster are accepted where an administrator says so, at first nowhere.
 */
export class TrustRules1764100001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table trust_rules (
        id uuid constraint trust_rules_pkey primary key,
        name text not null constraint trust_rules_name_key unique,
        provider_id uuid not null constraint trust_rules_provider_id_fkey references identity_providers (id) on delete cascade,
        audience text not null,
        conditions jsonb not null,
        user_name text not null,
        groups text[] not null,
        scope jsonb not null,
        lifetime_minutes integer not null,
        description text not null,
        generation integer not null,
        disabled_at timestamptz,
        created_by text not null,
        created_at timestamptz not null
      )`);
    await runner.query('create index trust_rules_provider_id_idx on trust_rules (provider_id)');
    await runner.query(`
      create table exchanged_tokens (
        hash bytea constraint exchanged_tokens_pkey primary key,
        expires_at timestamptz not null
      )`);
    await runner.query('create index exchanged_tokens_expires_at_idx on exchanged_tokens (expires_at)');
    await runner.query(`
      alter table access_tokens
        add column groups text[],
        add column trust_rule_id uuid constraint access_tokens_trust_rule_id_fkey references trust_rules (id) on delete cascade`);
    await runner.query('create index access_tokens_trust_rule_id_idx on access_tokens (trust_rule_id)');
    await runner.query(`
      update access_tokens t set scope = t.scope || jsonb_build_object('clusterIds', coalesce((
        select jsonb_object_agg(c.name, c.id) from clusters c
          where (t.scope -> 'clusters') ? c.name
             or exists (select 1 from jsonb_array_elements(t.scope -> 'namespaces') n where n ->> 'cluster' = c.name)), '{}'))
      where t.scope is not null`);
    await runner.query('alter table clusters add column service_account_tokens boolean not null default false');
    await runner.query('alter table clusters alter column service_account_tokens drop default');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table clusters drop column service_account_tokens');
    await runner.query('delete from access_tokens where trust_rule_id is not null');
    await runner.query(`update access_tokens set scope = scope - 'clusterIds' where scope is not null`);
    await runner.query('drop index access_tokens_trust_rule_id_idx');
    await runner.query('alter table access_tokens drop column trust_rule_id, drop column groups');
    await runner.query('drop table exchanged_tokens');
    await runner.query('drop table trust_rules');
  }
}
