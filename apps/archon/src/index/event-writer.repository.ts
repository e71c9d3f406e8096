import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config.module.js';
import { type Change, lastChanges } from './changes.js';
import { EventPartitions } from './event-partitions.repository.js';
import type { EventRow } from './event-row.js';
import { FencedDatabase, marked, type Reflected, REVISION } from './fenced.repository.js';
import { IndexedNamespaces } from './indexed-namespaces.repository.js';

const DAY_MS = 86_400_000;

const WRITTEN = `written as (
  insert into kubernetes_events (created_at, cluster, namespace, uid, resource_version, type, reason, regarding, seen_at, body)
  select e.created_at, $1, e.namespace, e.uid, e.resource_version, e.type, e.reason, e.regarding, e.seen_at, e.body from fence,
    unnest($4::timestamptz[], $5::int[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::timestamptz[], $12::jsonb[])
      as e (created_at, namespace, uid, resource_version, type, reason, regarding, seen_at, body)
  on conflict on constraint kubernetes_events_pkey do update set
    resource_version = excluded.resource_version, type = excluded.type, reason = excluded.reason, seen_at = excluded.seen_at, body = excluded.body
  where kubernetes_events.resource_version <> excluded.resource_version
  returning 1)`;

/**
 * Writes Events of Kubernetes. A cluster forgets its own after an hour: here they stay for their time, whatever the cluster deletes. Throws
 * LeaseLost when another replica follows the cluster.
 */
@Injectable()
export class EventWriter {
  constructor(
    private readonly fenced: FencedDatabase,
    private readonly namespaces: IndexedNamespaces,
    private readonly partitions: EventPartitions,
    private readonly config: AppConfig,
  ) {}

  async apply(reflected: Reflected, changes: readonly Change<EventRow>[], resourceVersion?: string): Promise<void> {
    const rows = lastChanges(changes).rows.filter((row) => this.isKept(row));
    await this.partitions.ensure(rows.map(({ createdAt }) => new Date(createdAt)));
    const numbers = await this.namespaces.numbers(
      reflected,
      rows.map(({ namespace }) => namespace),
    );
    await this.fenced.write(reflected, { parts: [WRITTEN, REVISION, marked('$13', { changedBy: ['written'] })] }, [
      rows.map(({ createdAt }) => createdAt),
      rows.map(({ namespace }) => numbers.get(namespace)),
      rows.map(({ uid }) => uid),
      rows.map((row) => row.resourceVersion),
      rows.map(({ type }) => type),
      rows.map(({ reason }) => reason),
      rows.map(({ regarding }) => regarding),
      rows.map(({ seenAt }) => seenAt),
      rows.map(({ body }) => body),
      resourceVersion ?? null,
    ]);
  }

  async finishList(reflected: Reflected, _uids: readonly string[], resourceVersion: string): Promise<void> {
    await this.fenced.write(reflected, { parts: [REVISION, marked('$4', { isList: true })] }, [resourceVersion]);
  }

  /** What there is goes with its time. */
  drop(): Promise<void> {
    return Promise.resolve();
  }

  /** One from a clock that is far off would want a partition that nobody drops, or one that is dropped at once. */
  private isKept({ createdAt }: EventRow): boolean {
    const ageMs = Date.now() - Date.parse(createdAt);
    return ageMs > -DAY_MS && ageMs < this.config.indexEventDays * DAY_MS;
  }
}
