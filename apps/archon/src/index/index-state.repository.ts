import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RBAC } from './rbac-objects.js';
import type { ReflectionState } from './reflection.entity.js';

/** A kind that the index follows in some cluster. */
export interface IndexedKind {
  /** Its number. */
  kind: number;
  group: string;
  resource: string;
}

/** What the index knows of a kind of a cluster. */
export interface IndexedReflection {
  version: string;
  objectKind: string;
  namespaced: boolean;
  state: ReflectionState;
  reason: string;
  since: Date;
  /** When its cluster was last heard; null before. */
  syncedAt: Date | null;
  /** Whether a list was ever taken over to its end. */
  isWhole: boolean;
  revision: string;
}

/** What the index knows of a registered cluster and one kind of it. */
export interface IndexedCluster {
  cluster: number;
  name: string;
  isDisabled: boolean;
  /** Of all its RBAC objects together; null while some kind of them was never read to its end. */
  rightsRevision: string | null;
  /** Undefined: the cluster does not have the kind, or was not yet asked. */
  reflection: IndexedReflection | undefined;
}

const RBAC_RESOURCES = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];

/** How far the index is. */
@Injectable()
export class IndexState {
  constructor(private readonly database: DataSource) {}

  /** Kinds of this plural, of all groups or of one. */
  kinds(resource: string, group?: string): Promise<IndexedKind[]> {
    return this.database.query(
      `select id as kind, api_group as "group", resource from indexed_kinds
       where resource = $1 and ($2::text is null or api_group = $2) order by api_group`,
      [resource, group ?? null],
    );
  }

  /** The numbers of the kinds of RBAC, by their plural. */
  async rbacKinds(): Promise<Map<string, number>> {
    const rows = await this.database.query<{ id: number; resource: string }[]>(
      'select id, resource from indexed_kinds where api_group = $1 and resource = any($2)',
      [RBAC, RBAC_RESOURCES],
    );
    return new Map(rows.map(({ id, resource }) => [resource, id]));
  }

  /** Each registered cluster, by name, with what the index knows of a kind there. */
  async clusters(kind: number, rbacKinds: readonly number[]): Promise<IndexedCluster[]> {
    const rows = await this.database.query<(Omit<IndexedCluster, 'reflection'> & { reflection: RawReflection | null })[]>(
      `select i.id as cluster, c.name, c.disabled_at is not null as "isDisabled", g.revision as "rightsRevision",
         case when r.kind is null then null else json_build_object('version', r.version, 'objectKind', r.object_kind, 'namespaced', r.namespaced,
           'state', r.state, 'reason', r.reason, 'since', r.since, 'syncedAt', r.synced_at, 'isWhole', r.listed_at is not null,
           'revision', r.revision::text) end as reflection
       from clusters c
       join indexed_clusters i on i.cluster_id = c.id
       left join reflections r on r.cluster = i.id and r.kind = $1
       left join lateral (
         select string_agg(of.revision::text, ' ' order by of.kind) as revision from reflections of
         where of.cluster = i.id and of.kind = any($2) and of.listed_at is not null having count(*) = $3) g on true
       order by c.name`,
      [kind, rbacKinds, RBAC_RESOURCES.length],
    );
    return rows.map(({ reflection, ...row }) => ({ ...row, reflection: reflection === null ? undefined : toReflection(reflection) }));
  }
}

interface RawReflection extends Omit<IndexedReflection, 'since' | 'syncedAt'> {
  since: string;
  syncedAt: string | null;
}

const toReflection = ({ since, syncedAt, ...reflection }: RawReflection): IndexedReflection => ({
  ...reflection,
  since: new Date(since),
  syncedAt: syncedAt === null ? null : new Date(syncedAt),
});
