import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit log: one row per event in partitions by month, of which none can be changed; the head of the chain that all rows hang on; and
 * heads that were signed. Filters are combined freely, so each has an index in the order of the list.
 */
export class Audit1764000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table audit_events (
        sequence bigint not null,
        recorded_at timestamptz(3) not null,
        id uuid not null,
        time timestamptz(3) not null,
        stage text not null,
        request_id text not null,
        user_name text not null,
        credential_kind text not null,
        credential_id text not null,
        impersonated_user text not null,
        impersonated_groups text[] not null,
        source_address text not null,
        user_agent text not null,
        cluster text not null,
        api_group text not null,
        resource text not null,
        subresource text not null,
        verb text not null,
        namespace text not null,
        name text not null,
        operation text not null,
        route text not null,
        parameters text not null,
        code integer not null,
        outcome text not null,
        reason text not null,
        duration_ms integer not null,
        bytes_in bigint not null,
        bytes_out bigint not null,
        hash bytea not null,
        constraint audit_events_pkey primary key (recorded_at, sequence)
      ) partition by range (recorded_at)`);
    await runner.query('create index audit_events_sequence_idx on audit_events (sequence)');
    for (const column of ['user_name', 'cluster', 'namespace', 'resource', 'name', 'verb', 'outcome', 'code', 'source_address'])
      await runner.query(`create index audit_events_${column}_idx on audit_events (${column}, recorded_at desc, sequence desc)`);
    await runner.query('create index audit_events_request_id_idx on audit_events (request_id)');

    await runner.query(`
      create table audit_chain (
        only_row boolean constraint audit_chain_pkey primary key default true constraint audit_chain_one_row check (only_row),
        sequence bigint not null,
        hash bytea not null,
        recorded_at timestamptz(3) not null,
        dropped_sequence bigint not null,
        dropped_hash bytea not null,
        seal text
      )`);
    await runner.query(
      `insert into audit_chain (sequence, hash, recorded_at, dropped_sequence, dropped_hash, seal)
       values (0, decode(repeat('00', 32), 'hex'), 'epoch', 0, decode(repeat('00', 32), 'hex'), null)`,
    );

    await runner.query(`
      create table audit_heads (
        sequence bigint constraint audit_heads_pkey primary key,
        signed_at timestamptz(3) not null,
        token text not null
      )`);

    await runner.query(`
      create function audit_refuse_change() returns trigger language plpgsql as $$
      begin
        if tg_table_name = 'audit_heads' and tg_op = 'DELETE' then
          if old.sequence <= (select dropped_sequence from audit_chain) then return old; end if;
        end if;
        raise exception 'the audit log is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
      end $$`);
    await runner.query(`
      create trigger audit_events_append_only before update or delete on audit_events
      for each row execute function audit_refuse_change()`);
    await runner.query(`
      create trigger audit_events_no_truncate before truncate on audit_events
      for each statement execute function audit_refuse_change()`);
    await runner.query(`
      create trigger audit_heads_append_only before update or delete on audit_heads
      for each row execute function audit_refuse_change()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table audit_heads');
    await runner.query('drop table audit_chain');
    await runner.query('drop table audit_events');
    await runner.query('drop function audit_refuse_change()');
  }
}
