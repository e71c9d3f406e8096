import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, LessThan, MoreThan } from 'typeorm';
import { Notifications } from '#database';
import { ClusterEntity } from './cluster.entity.js';
import { ClusterChangeEntity } from './cluster-change.entity.js';
import { type ClusterSnapshot, toSnapshot } from './cluster-snapshot.js';
import { CLUSTERS_TOPIC } from './clusters-topic.js';

/** Keeps changes in the order of their versions: whoever has seen one has seen all before it. */
const CHANGES_LOCK = 7_264_501_342;
const HISTORY = `interval '1 hour'`;
const BATCH = 500;

/** What is stored of clusters. Each change has a version of its own, is kept as history for a while, and told to all replicas. */
@Injectable()
export class ClusterRegistrations {
  constructor(
    private readonly database: DataSource,
    private readonly notifications: Notifications,
  ) {}

  async insert(row: Omit<ClusterEntity, 'resourceVersion'>): Promise<ClusterEntity> {
    return this.change(row.id, async (manager, resourceVersion) => {
      const created = manager.create(ClusterEntity, { ...row, resourceVersion });
      await manager.insert(ClusterEntity, created);
      return { result: created, before: null, after: toSnapshot(created) };
    });
  }

  /** Undefined when the row is gone, or has another version by now. */
  async update(read: ClusterEntity, changed: Partial<ClusterEntity>): Promise<ClusterEntity | undefined> {
    return this.change(read.id, async (manager, resourceVersion) => {
      const { id, resourceVersion: readVersion } = read;
      const { affected } = await manager.update(ClusterEntity, { id, resourceVersion: readVersion }, { ...changed, resourceVersion });
      if (affected === 0) return { result: undefined };
      const after = await manager.findOneByOrFail(ClusterEntity, { id });
      return { result: after, before: toSnapshot(read), after: toSnapshot(after) };
    });
  }

  async delete(id: string): Promise<void> {
    await this.change(id, async (manager, resourceVersion) => {
      const row = await manager.findOneBy(ClusterEntity, { id });
      if (row === null) return { result: undefined };
      await manager.delete(ClusterEntity, { id });
      return { result: undefined, before: { ...toSnapshot(row), resourceVersion }, after: null };
    });
  }

  /** The registrations after a name, in the order of names. */
  async page({
    after,
    limit,
    isDescending,
  }: {
    after: string | undefined;
    limit: number;
    isDescending: boolean;
  }): Promise<ClusterEntity[]> {
    const where = after === undefined ? {} : { name: isDescending ? LessThan(after) : MoreThan(after) };
    return this.database.getRepository(ClusterEntity).find({ where, order: { name: isDescending ? 'DESC' : 'ASC' }, take: limit });
  }

  /** The newest version, and the oldest one from which all later changes are known. */
  async versions(): Promise<{ newest: bigint; oldest: bigint }> {
    const [row] = await this.database.query<{ newest: string; oldest: string }[]>(
      'select max(resource_version)::text as newest, min(resource_version)::text as oldest from cluster_changes',
    );
    return { newest: BigInt(row?.newest ?? 1), oldest: BigInt(row?.oldest ?? 1) - 1n };
  }

  /** The changes after a version, oldest first, at most 500. */
  async changesAfter(version: bigint): Promise<ClusterChangeEntity[]> {
    return this.database
      .getRepository(ClusterChangeEntity)
      .find({ where: { resourceVersion: MoreThan(version.toString()) }, order: { resourceVersion: 'ASC' }, take: BATCH });
  }

  private async change<T>(
    id: string,
    work: (
      manager: EntityManager,
      version: string,
    ) => Promise<{ result: T; before?: ClusterSnapshot | null; after?: ClusterSnapshot | null }>,
  ): Promise<T> {
    const { result, isChanged } = await this.database.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [CHANGES_LOCK]);
      const [next] = await manager.query<{ version: string }[]>('select (max(resource_version) + 1)::text as version from cluster_changes');
      const version = next?.version ?? '2';
      const { result: done, before, after } = await work(manager, version);
      if (before === undefined || after === undefined) return { result: done, isChanged: false };
      await manager.query('insert into cluster_changes (resource_version, before, after, created_at) values ($1, $2, $3, now())', [
        version,
        before,
        after,
      ]);
      await manager.query(`delete from cluster_changes where created_at < now() - ${HISTORY} and resource_version < $1`, [version]);
      return { result: done, isChanged: true };
    });
    if (isChanged) await this.notifications.publish(CLUSTERS_TOPIC, id);
    return result;
  }
}
