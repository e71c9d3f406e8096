import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type ClusterConnection, isConnectionFailure, KubernetesGateway } from '#kubernetes';
import type { Logger } from '#log';
import { PLATFORM } from '../auth/platform-identity.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { LOGGER } from '../logger.module.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { addDrift } from './namespace-drift.js';
import { namespaceObjects, namespaceRef } from './namespace-objects.js';
import { ClusterNamespaces, type LiveObjects } from './cluster-namespaces.service.js';
import { MemberGroups } from './member-groups.service.js';
import { NamespacePlans, toPlace } from './namespace-plans.service.js';
import { NamespaceRepairs } from './namespace-repairs.service.js';
import { NamespaceRows } from './namespace-rows.service.js';
import { NamespaceSettings } from './namespace-settings.service.js';
import { toObserved } from './namespace-state.js';
import type { NamespaceEntity } from './namespace.entity.js';
import { ProjectQuotaMirror } from './project-quota-mirror.service.js';

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
    private readonly clusters: ClustersService,
    private readonly rows: NamespaceRows,
    private readonly repairs: NamespaceRepairs,
    private readonly settings: NamespaceSettings,
    private readonly live: ClusterNamespaces,
    private readonly groups: MemberGroups,
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
      await this.groups.refresh(cluster);
      // The rows first: what they say was in the cluster before it is read.
      const rows = (await this.rows.ofCluster(clusterId)).filter(({ phase }) => phase === 'Active');
      const live = await this.live.read(cluster);
      for (const row of rows) await this.compare(cluster, row, live);
      await this.quotas.mirror(cluster);
    } catch (error) {
      if (!isConnectionFailure(error)) this.logger.warn({ clusterId, err: error }, 'the namespaces of a cluster could not be compared');
    }
  }

  private async compare(cluster: ClusterConnection, row: NamespaceEntity, live: LiveObjects): Promise<void> {
    const objects = namespaceObjects(toPlace(row, cluster.name), row.desired, row.uidRange ?? undefined, await this.settings.current());
    const found = (kind: string) => objects.filter((object) => object.kind === kind).map(live)[0];
    const [namespace, quota] = [found('Namespace'), found('ResourceQuota')];
    if (namespace === undefined) return this.leave(cluster, row);
    const isEnding = namespace.metadata.deletionTimestamp !== undefined;
    const drift = isEnding ? [] : await this.repairs.repair(cluster, row, objects, live);
    await this.rows.observe(row, toObserved(namespace, quota), drift.length === 0 ? undefined : addDrift(drift, row.drift));
  }

  /** Its label was taken away, which takes it out of the project (NS-10), or it was deleted past Archon. */
  private async leave(cluster: ClusterConnection, row: NamespaceEntity): Promise<void> {
    const found = await this.kubernetes.find({ cluster, identity: PLATFORM }, namespaceRef(row.name));
    if (found !== undefined && this.live.isHeld(found)) return; // it came after the list was read
    this.logger.info(
      { cluster: cluster.name, namespace: row.name, project: row.project, exists: found !== undefined },
      'a namespace left its project past Archon',
    );
    await this.runner.launch(found === undefined ? this.plans.delete(ITSELF, cluster, row) : await this.plans.remove(ITSELF, cluster, row));
  }
}
