import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApiError } from '#errors';
import { type ClusterConnection, describeObject, isConnectionFailure, KubernetesGateway, type KubernetesObject } from '#kubernetes';
import type { Logger } from '#log';
import { PLATFORM } from '../auth/platform-identity.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { LOGGER } from '../logger.module.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { addDrift, changedHard, type Deviation, deviations } from './namespace-drift.js';
import { namespaceObjects, namespaceRef, refOf } from './namespace-objects.js';
import { ClusterNamespaces } from './cluster-namespaces.service.js';
import type { Drift } from './namespace-observed.js';
import { NamespacePlans, toPlace } from './namespace-plans.service.js';
import { NamespaceRows } from './namespace-rows.service.js';
import { NamespaceSettings } from './namespace-settings.service.js';
import { toObserved } from './namespace-state.js';
import type { NamespaceEntity } from './namespace.entity.js';
import { ProjectQuotaMirror } from './project-quota-mirror.service.js';
import { QuotaLedger } from './quota-ledger.service.js';

const LOOK_MS = 2000;
/** Each cluster is looked at so often, by one replica. */
const PERIOD = "interval '10 seconds'";
/** As whom operations are recorded that Archon begins by itself. */
const ITSELF = { user: PLATFORM.user, identity: PLATFORM };

/**
 * Compares what clusters hold of namespaces with what they should: puts back what was removed or changed by hand, takes over what may be
 * changed by hand, and says in both cases what it found.
 */
@Injectable()
export class NamespaceReconciliation implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(
    private readonly database: DataSource,
    private readonly clusters: ClustersService,
    private readonly rows: NamespaceRows,
    private readonly ledger: QuotaLedger,
    private readonly settings: NamespaceSettings,
    private readonly live: ClusterNamespaces,
    private readonly plans: NamespacePlans,
    private readonly quotas: ProjectQuotaMirror,
    private readonly runner: OperationRunner,
    private readonly kubernetes: KubernetesGateway,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask({
      everyMs: LOOK_MS,
      work: () => this.look(),
      logger,
      failure: 'namespaces could not be compared with what they should be; it is tried again',
    });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  private async look(): Promise<void> {
    const due = await this.rows.claimClusters(PERIOD);
    await Promise.all(due.map((clusterId) => this.reconcile(clusterId)));
  }

  /** A cluster that is away is left for the next time: what is known of it grows old, and says so. */
  private async reconcile(clusterId: string): Promise<void> {
    try {
      const cluster = await this.clusters.findConnectionById(clusterId);
      if (cluster === undefined) return;
      const live = await this.live.read(cluster);
      for (const row of await this.rows.ofCluster(clusterId)) if (row.phase === 'Active') await this.compare(cluster, row, live);
      await this.quotas.mirror(cluster);
    } catch (error) {
      if (!isConnectionFailure(error)) this.logger.warn({ clusterId, err: error }, 'the namespaces of a cluster could not be compared');
    }
  }

  private async compare(
    cluster: ClusterConnection,
    row: NamespaceEntity,
    live: (ours: KubernetesObject) => KubernetesObject | undefined,
  ): Promise<void> {
    const setting = await this.settings.current();
    const place = toPlace(row, cluster.name);
    const objects = namespaceObjects(place, row.desired, row.uidRange ?? undefined, setting);
    const [namespace, quota] = ['Namespace', 'ResourceQuota']
      .map((kind) => objects.find((object) => object.kind === kind))
      .map((object) => object && live(object));
    if (namespace === undefined) return this.leave(cluster, row);
    if (namespace.metadata.deletionTimestamp !== undefined) return this.rows.observe(row, toObserved(namespace, quota));
    const found: Drift[] = [];
    const hard = quota && changedHard(row.desired.hard, quota);
    if (hard !== undefined) found.push(await this.takeOver(cluster, row, hard, objects));
    // What the reader does not list is not compared: a Secret is never read.
    const compared = objects.filter(({ kind }) => kind !== 'Secret');
    for (const deviation of deviations(compared, live)) found.push(await this.putBack(cluster, deviation));
    const limits = objects.find(({ kind }) => kind === 'LimitRange');
    if (limits !== undefined) await this.takeLimits(row, live(limits));
    await this.rows.observe(row, toObserved(namespace, quota), found.length === 0 ? undefined : addDrift(found, row.drift));
  }

  /** Its label was taken away, which takes it out of the project (NS-10), or it was deleted past Archon. */
  private async leave(cluster: ClusterConnection, row: NamespaceEntity): Promise<void> {
    const found = await this.kubernetes.find({ cluster, identity: PLATFORM }, namespaceRef(row.name));
    this.logger.info(
      { cluster: cluster.name, namespace: row.name, project: row.project, exists: found !== undefined },
      'a namespace left its project past Archon',
    );
    await this.runner.launch(found === undefined ? this.plans.delete(ITSELF, cluster, row) : await this.plans.remove(ITSELF, cluster, row));
  }

  /** A quota that was changed with kubectl counts where it fits into the project's; else it is put back. */
  private async takeOver(
    cluster: ClusterConnection,
    row: NamespaceEntity,
    hard: Record<string, string>,
    objects: readonly KubernetesObject[],
  ): Promise<Drift> {
    const detectedAt = new Date().toISOString();
    const target = 'ResourceQuota "default"';
    const share = { project: row.project, clusterId: cluster.id, cluster: cluster.name };
    try {
      await this.database.transaction(async (manager) => {
        await this.ledger.claim(manager, share, row.name, { hard, isNew: false });
        await this.rows.setDesired(manager, row, { ...row.desired, hard });
      });
      return {
        target,
        reason: 'Changed',
        message: 'was changed past Archon; the project has enough, so it counts',
        detectedAt,
        repairedAt: detectedAt,
      };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code >= 500) throw error;
      const quota = objects.find(({ kind }) => kind === 'ResourceQuota');
      if (quota !== undefined) await this.kubernetes.apply({ cluster, identity: PLATFORM }, refOf(quota), quota, { force: true });
      return {
        target,
        reason: 'Changed',
        message: `was changed past Archon, and put back: ${error.message}`,
        detectedAt,
        repairedAt: new Date().toISOString(),
      };
    }
  }

  private async takeLimits(row: NamespaceEntity, range: KubernetesObject | undefined): Promise<void> {
    const limits = ((range?.spec ?? {}) as { limits?: unknown[] }).limits;
    if (limits === undefined || JSON.stringify(limits) === JSON.stringify(row.desired.limits)) return;
    await this.database.transaction((manager) => this.rows.setDesired(manager, row, { ...row.desired, limits }));
  }

  private async putBack(cluster: ClusterConnection, { object, reason }: Deviation): Promise<Drift> {
    const target = { cluster, identity: PLATFORM } as const;
    const drift = { target: describeObject(object), reason, detectedAt: new Date().toISOString() };
    try {
      // The role of a binding can't be changed: it is made anew.
      if (object.kind === 'RoleBinding' && reason === 'Changed') await this.kubernetes.delete(target, refOf(object));
      await this.kubernetes.apply(target, refOf(object), object, { force: true });
      return {
        ...drift,
        message: reason === 'Missing' ? 'was not there, and was made again' : 'was changed by hand, and put back',
        repairedAt: new Date().toISOString(),
      };
    } catch (error) {
      if (!(error instanceof ApiError) || isConnectionFailure(error)) throw error;
      return { ...drift, message: `can not be put back: ${error.message}` };
    }
  }
}
