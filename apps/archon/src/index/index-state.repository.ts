import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { Notifications } from '#database';
import { CLUSTERS_TOPIC } from '../clusters/clusters-topic.js';
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
  /** Of the cluster: everything up to it is in the index. */
  resourceVersion: string | null;
  revision: string;
}

/** What the index knows of a registered cluster and some kinds of it. */
export interface IndexedCluster {
  cluster: number;
  name: string;
  isDisabled: boolean;
  /** Of all its RBAC objects together; null while some kind of them was never read to its end. */
  rightsRevision: string | null;
  /** By the number of the kind; without those that the cluster does not have, or was not yet asked for. */
  reflections: ReadonlyMap<number, IndexedReflection>;
}

/** How old what lists know of clusters may be, unless one was registered or changed: many lists share one look. What they show of objects is never older than the list. */
const LOOK_MS = 100;
const RBAC_RESOURCES = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];

/** How far the index is. */
@Injectable()
export class IndexState {
  private readonly looks = new LRUCache<string, Promise<readonly IndexedCluster[]>>({ max: 100, ttl: LOOK_MS });
  private readonly kindLooks = new LRUCache<'all', Promise<IndexedKind[]>>({ max: 1, ttl: LOOK_MS });

  constructor(
    private readonly database: DataSource,
    notifications: Notifications,
  ) {
    const forget = () => {
      this.looks.clear();
      this.kindLooks.clear();
    };
    notifications.on(CLUSTERS_TOPIC, forget);
    notifications.onGap(forget);
  }

  /** The kinds that are followed in some cluster, by resource. */
  kinds(): Promise<IndexedKind[]> {
    return looked(this.kindLooks, 'all', () =>
      this.database.query(
        `select k.id as kind, k.api_group as "group", k.resource from indexed_kinds k
         where exists (select from reflections r where r.kind = k.id) order by k.resource, k.api_group`,
      ),
    );
  }

  /** Each registered cluster, by name, with what the index knows of these kinds there; the same array for whoever asks within a moment. */
  clusters(kinds: readonly number[]): Promise<readonly IndexedCluster[]> {
    return looked(this.looks, kinds.join(), () => this.look(kinds));
  }

  private async look(kinds: readonly number[]): Promise<readonly IndexedCluster[]> {
    const rows = await this.database.query<(Omit<IndexedCluster, 'reflections'> & { reflections: RawReflection[] })[]>(
      `select i.id as cluster, c.name, c.disabled_at is not null as "isDisabled", rights.revision as "rightsRevision",
         coalesce(known.reflections, '[]') as reflections
       from clusters c
       join indexed_clusters i on i.cluster_id = c.id
       left join lateral (
         select json_agg(json_build_object('kind', r.kind, 'version', r.version, 'objectKind', r.object_kind, 'namespaced', r.namespaced,
           'state', r.state, 'reason', r.reason, 'since', r.since, 'syncedAt', r.synced_at, 'isWhole', r.listed_at is not null,
           'resourceVersion', r.resource_version, 'revision', r.revision::text)) as reflections
         from reflections r where r.cluster = i.id and r.kind = any($1)) known on true
       left join lateral (
         select string_agg(r.revision::text, ' ' order by r.kind) as revision from reflections r join indexed_kinds k on k.id = r.kind
         where r.cluster = i.id and k.api_group = $2 and k.resource = any($3) and r.listed_at is not null having count(*) = $4) rights on true
       order by c.name`,
      [kinds, RBAC, RBAC_RESOURCES, RBAC_RESOURCES.length],
    );
    return rows.map(({ reflections, ...row }) => ({
      ...row,
      reflections: new Map(reflections.map((each) => [each.kind, toReflection(each)])),
    }));
  }
}

/** A look that failed is not remembered. */
function looked<Key extends string, Value>(looks: LRUCache<Key, Promise<Value>>, key: Key, look: () => Promise<Value>): Promise<Value> {
  const known = looks.get(key);
  if (known !== undefined) return known;
  const looking = look();
  looks.set(key, looking);
  looking.catch(() => looks.delete(key));
  return looking;
}

interface RawReflection extends Omit<IndexedReflection, 'since' | 'syncedAt'> {
  kind: number;
  since: string;
  syncedAt: string | null;
}

const toReflection = ({ since, syncedAt, kind: _, ...reflection }: RawReflection): IndexedReflection => ({
  ...reflection,
  since: new Date(since),
  syncedAt: syncedAt === null ? null : new Date(syncedAt),
});
