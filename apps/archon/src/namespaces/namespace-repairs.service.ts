import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ApiError } from '#errors';
import { type ClusterConnection, describeObject, isConnectionFailure, KubernetesGateway, type KubernetesObject } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import type { LiveObjects } from './cluster-namespaces.service.js';
import { changedHard, changedLimits, type Deviation, deviations } from './namespace-drift.js';
import { refOf } from './namespace-objects.js';
import type { Drift } from './namespace-observed.js';
import { NamespaceRows } from './namespace-rows.service.js';
import { excessPatch } from './namespace-state.js';
import type { NamespaceEntity } from './namespace.entity.js';
import { QuotaLedger } from './quota-ledger.service.js';

/**
 * Puts back what of a namespace was removed or changed by hand, and takes over what may be changed so: quota and limits. The row is locked
 * meanwhile, so that nothing is put back into a namespace that leaves its project at that moment.
 */
@Injectable()
export class NamespaceRepairs {
  constructor(
    private readonly database: DataSource,
    private readonly rows: NamespaceRows,
    private readonly ledger: QuotaLedger,
    private readonly kubernetes: KubernetesGateway,
  ) {}

  /** What was found, and what became of it; empty where all is as it should be. */
  async repair(
    cluster: ClusterConnection,
    row: NamespaceEntity,
    objects: readonly KubernetesObject[],
    live: LiveObjects,
  ): Promise<Drift[]> {
    const ours = (kind: string) => objects.find((object) => object.kind === kind);
    const [quota, range] = [ours('ResourceQuota'), ours('LimitRange')];
    const found = quota && live(quota);
    const hard = found && changedHard(row.desired.hard, found);
    const limits = range && changedLimits(row.desired.limits, live(range));
    // What is not listed is not compared: a Secret is never read.
    const away = deviations(
      objects.filter(({ kind }) => kind !== 'Secret'),
      live,
    );
    if (hard === undefined && limits === undefined && away.length === 0) return [];
    return this.database.transaction(async (manager) => {
      const share = { project: row.project, clusterId: cluster.id, cluster: cluster.name };
      await this.ledger.lock(manager, share);
      if (!(await this.rows.lockUnchanged(manager, row))) return [];
      const drift: Drift[] = [];
      let { desired } = row;
      if (hard !== undefined && quota !== undefined) {
        const taken = await this.takeOver(manager, cluster, row, hard, quota);
        if (taken.isTaken) desired = { ...desired, hard };
        drift.push(taken.drift);
      }
      if (limits !== undefined) desired = { ...desired, limits };
      if (desired !== row.desired) await this.rows.setDesired(manager, row, desired);
      for (const deviation of away) drift.push(await this.putBack(cluster, deviation));
      return drift;
    });
  }

  /** A quota that was changed with kubectl counts where it fits into the project's; else it is put back. */
  private async takeOver(
    manager: EntityManager,
    cluster: ClusterConnection,
    row: NamespaceEntity,
    hard: Record<string, string>,
    quota: KubernetesObject,
  ): Promise<{ drift: Drift; isTaken: boolean }> {
    const share = { project: row.project, clusterId: cluster.id, cluster: cluster.name };
    const deviation = { object: quota, reason: 'Changed' } as const;
    try {
      await this.ledger.claim(manager, share, row.name, { hard, isNew: false });
      const now = new Date().toISOString();
      return {
        isTaken: true,
        drift: { ...describe(deviation, now), message: 'was changed past Archon; the project has enough, so it counts', repairedAt: now },
      };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 403) throw error;
      const drift = await this.putBack(cluster, deviation, { ...quota, spec: { hard } });
      return { isTaken: false, drift: { ...drift, message: `${drift.message}: ${error.message}` } };
    }
  }

  private async putBack(cluster: ClusterConnection, deviation: Deviation, found?: KubernetesObject): Promise<Drift> {
    const target = { cluster, identity: PLATFORM } as const;
    const { object, reason } = deviation;
    const drift = describe(deviation, new Date().toISOString());
    try {
      // The role of a binding can't be changed: it is made anew.
      if (object.kind === 'RoleBinding' && reason === 'Changed') await this.kubernetes.delete(target, refOf(object));
      const excess = object.kind === 'ResourceQuota' ? excessPatch(found, object) : undefined;
      if (excess !== undefined) await this.kubernetes.patch(target, refOf(object), 'merge', excess);
      await this.kubernetes.apply(target, refOf(object), object, { force: true });
      const message = reason === 'Missing' ? 'was not there, and was made again' : 'was changed by hand, and put back';
      return { ...drift, message, repairedAt: new Date().toISOString() };
    } catch (error) {
      if (!(error instanceof ApiError) || isConnectionFailure(error)) throw error;
      return { ...drift, message: `can not be put back: ${error.message}` };
    }
  }
}

const describe = ({ object, reason }: Deviation, detectedAt: string) => ({ target: describeObject(object), reason, detectedAt });
