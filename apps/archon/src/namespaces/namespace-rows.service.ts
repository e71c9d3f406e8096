import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { EntityManager, Repository } from 'typeorm';
import { alreadyExists, conflict } from '#errors';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import { nextUidRange } from '../quotas/uid-range.js';
import type { NamespaceDesired } from './namespace-desired.js';
import { NamespaceEntity, type NamespacePhase } from './namespace.entity.js';
import type { Drift, NamespaceObserved } from './namespace-observed.js';

export interface NamespaceKey {
  clusterId: string;
  name: string;
}

/** Which user ids of a cluster are being allotted: one transaction at a time. */
const UID_LOCK = 7_264_501_343;

/** The namespaces that projects hold. */
@Injectable()
export class NamespaceRows {
  constructor(
    @InjectRepository(NamespaceEntity) private readonly rows: Repository<NamespaceEntity>,
    private readonly changes: IdentityChanges,
  ) {}

  find({ clusterId, name }: NamespaceKey): Promise<NamespaceEntity | null> {
    return this.rows.findOneBy({ clusterId, name });
  }

  ofProject(project: string): Promise<NamespaceEntity[]> {
    return this.rows.find({ where: { project }, order: { name: 'ASC', clusterId: 'ASC' } });
  }

  ofCluster(clusterId: string): Promise<NamespaceEntity[]> {
    return this.rows.find({ where: { clusterId }, order: { name: 'ASC' } });
  }

  /** Takes a namespace for a project. Throws 409 when a project holds it already. */
  async take(
    manager: EntityManager,
    row: NamespaceKey & { project: string; isInner: boolean; desired: NamespaceDesired; createdBy: string },
  ): Promise<void> {
    const taken = await manager.query<object[]>(
      `insert into namespaces (cluster_id, name, project, is_inner, phase, desired, drift, created_by, created_at)
       values ($1, $2, $3, $4, 'Creating', $5, '[]', $6, now()) on conflict do nothing returning 1`,
      [row.clusterId, row.name, row.project, row.isInner, row.desired, row.createdBy],
    );
    // Credentials whose scope names the project reach one more.
    if (taken.length === 1) return this.changes.publish({ project: row.project }, manager);
    const [held] = await manager.query<{ project: string }[]>('select project from namespaces where cluster_id = $1 and name = $2', [
      row.clusterId,
      row.name,
    ]);
    const details = { kind: 'namespaces', name: row.name };
    if (held?.project === row.project) throw alreadyExists(`the project holds a namespace "${row.name}" in this cluster already`, details);
    throw conflict(`a project holds the namespace "${row.name}" already: it must be removed from that one first`, details);
  }

  /** User ids that no other namespace of the cluster has (NS-16). Stays what it was where there is one. */
  async allotUidRange(manager: EntityManager, { clusterId, name }: NamespaceKey): Promise<string> {
    await manager.query('select pg_advisory_xact_lock($1)', [UID_LOCK]);
    const taken = await manager.query<{ name: string; uid_range: string }[]>(
      'select name, uid_range from namespaces where cluster_id = $1 and uid_range is not null',
      [clusterId],
    );
    const own = taken.find((row) => row.name === name)?.uid_range;
    if (own !== undefined) return own;
    const range = nextUidRange(taken.map((row) => row.uid_range));
    await manager.query('update namespaces set uid_range = $3 where cluster_id = $1 and name = $2', [clusterId, name, range]);
    return range;
  }

  /** False when the namespace is in none of the phases that may be changed so. */
  async setPhase(
    manager: EntityManager,
    { clusterId, name }: NamespaceKey,
    from: readonly NamespacePhase[],
    phase: NamespacePhase,
  ): Promise<boolean> {
    const { affected } = await manager
      .createQueryBuilder()
      .update(NamespaceEntity)
      .set({ phase })
      .where('clusterId = :clusterId and name = :name and phase in (:...from)', { clusterId, name, from })
      .execute();
    return affected === 1;
  }

  /** Whether the row is still as it was read; it stays so until the transaction ends. */
  async lockUnchanged(manager: EntityManager, { clusterId, name, desired, phase }: NamespaceEntity): Promise<boolean> {
    const [row] = await manager.query<{ same: boolean }[]>(
      `select phase = $4 and desired = $3::jsonb as same from namespaces where cluster_id = $1 and name = $2 for update`,
      [clusterId, name, JSON.stringify(desired), phase],
    );
    return row?.same === true;
  }

  async setDesired(manager: EntityManager, { clusterId, name }: NamespaceKey, desired: NamespaceDesired): Promise<void> {
    await manager.query('update namespaces set desired = $3 where cluster_id = $1 and name = $2', [clusterId, name, desired]);
  }

  async observe({ clusterId, name }: NamespaceKey, observed: NamespaceObserved | null, drift?: readonly Drift[]): Promise<void> {
    await this.rows.query(
      `update namespaces set observed = $3, observed_at = now(), drift = coalesce($4, drift) where cluster_id = $1 and name = $2`,
      [clusterId, name, observed, drift === undefined ? null : JSON.stringify(drift)],
    );
  }

  /** The clusters with namespaces whose turn it is: each is given to one replica per period. */
  async claimClusters(period: string): Promise<string[]> {
    const rows = await this.rows.query<{ cluster_id: string }[]>(
      `insert into namespace_rounds (cluster_id, begun_at)
       select c.id, now() from clusters c where c.disabled_at is null and exists (select from namespaces n where n.cluster_id = c.id)
       on conflict on constraint namespace_rounds_pkey do update set begun_at = now() where namespace_rounds.begun_at < now() - ${period}
       returning cluster_id`,
    );
    return rows.map((row) => row.cluster_id);
  }

  /** With what it has claimed, and with the project's share of the cluster where it was the last of a project that leaves. */
  async drop(manager: EntityManager, { clusterId, name }: NamespaceKey): Promise<void> {
    const [held] = await manager.query<{ project: string }[]>('select project from namespaces where cluster_id = $1 and name = $2', [
      clusterId,
      name,
    ]);
    await manager.query(
      `with gone as (delete from namespaces where cluster_id = $1 and name = $2 returning cluster_id, project)
       delete from project_clusters pc using gone where pc.cluster_id = gone.cluster_id and pc.project = gone.project and pc.phase = 'Leaving'`,
      [clusterId, name],
    );
    // The project's own namespace, which somebody has deleted: it is made again, see `ProjectNamespaces`.
    await manager.query(
      `update project_clusters set phase = 'Pending', message = 'its namespace was deleted' where cluster_id = $1 and project = $2 and phase = 'Active'`,
      [clusterId, name],
    );
    // Its members were members of nothing else: what is remembered of them must not outlive it.
    if (held !== undefined) await this.changes.publish({ project: held.project }, manager);
  }
}
