import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ResourceType } from '#kubernetes';
import { FencedDatabase, type Reflected } from './fenced.repository.js';
import type { ReflectionState } from './reflection.entity.js';

/** How far the index has followed each kind of each cluster. What changes it throws LeaseLost when another replica follows the cluster. */
@Injectable()
export class Reflections {
  constructor(
    private readonly fenced: FencedDatabase,
    private readonly database: DataSource,
  ) {}

  /** Announces that the kind is followed; gives the version up to which the index has everything, when there is one. */
  async start(
    reflected: Reflected,
    { version, kind, namespaced }: Pick<ResourceType, 'version' | 'kind' | 'namespaced'>,
  ): Promise<string | undefined> {
    const started = `started as (
      insert into reflections (cluster, kind, version, object_kind, namespaced, state, reason, since, lease_token)
      select $1, $3::int, $4, $5, $6::boolean, 'Listing', '', now(), $2 from fence
      on conflict on constraint reflections_pkey do update set version = excluded.version,
        object_kind = excluded.object_kind, namespaced = excluded.namespaced, lease_token = excluded.lease_token
      returning resource_version)`;
    const columns = ['(select resource_version from started)'];
    const row = await this.fenced.write<{ resource_version: string | null }>(reflected, { parts: [started], columns }, [
      version,
      kind,
      namespaced,
    ]);
    return row.resource_version ?? undefined;
  }

  async setState(reflected: Reflected, state: ReflectionState, reason: string): Promise<void> {
    const told = `told as (
      update reflections r set state = $4, reason = $5, since = case when r.state = $4 then r.since else now() end, lease_token = $2
      from fence where r.cluster = $1 and r.kind = $3)`;
    await this.fenced.write(reflected, { parts: [told] }, [state, reason]);
  }

  async forget(reflected: Reflected): Promise<void> {
    const forgotten = 'forgotten as (delete from reflections r using fence where r.kind = $3 and r.cluster = $1)';
    await this.fenced.write(reflected, { parts: [forgotten] }, []);
  }

  /** The kinds of a cluster that the index has, or begins to have. */
  kindsOf(cluster: number): Promise<{ kind: number; group: string; resource: string }[]> {
    return this.database.query(
      `select k.id as kind, k.api_group as "group", k.resource from reflections r join indexed_kinds k on k.id = r.kind where r.cluster = $1`,
      [cluster],
    );
  }
}
