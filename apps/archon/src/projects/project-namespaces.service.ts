import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApiError, conflict } from '#errors';
import { type ClusterConnection, KubernetesGateway } from '#kubernetes';
import type { Logger } from '#log';
import { PLATFORM } from '../auth/platform-identity.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { LOGGER } from '../logger.module.js';
import { MemberGroups } from '../namespaces/member-groups.service.js';
import { namespaceRef } from '../namespaces/namespace-objects.js';
import { type Asker, NamespacePlans } from '../namespaces/namespace-plans.service.js';
import { NamespaceReader } from '../namespaces/namespace-reader.service.js';
import { NamespaceRows } from '../namespaces/namespace-rows.service.js';
import { toObserved } from '../namespaces/namespace-state.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import { ProjectRows } from './project-rows.repository.js';

/** How often clusters are looked at where a project's namespace is not there yet. */
const RETRY_MS = 10_000;
/** As whom operations are recorded that Archon begins by itself. */
const ITSELF = { user: PLATFORM.user, identity: PLATFORM };
const NOTHING_ASKED = { labels: {}, annotations: {}, hard: {}, podSecurity: {} };

/** The project's own namespace in each of its clusters: made when the project is, and tried again where a cluster was away. */
@Injectable()
export class ProjectNamespaces implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(
    private readonly clusters: ClustersService,
    private readonly projects: ProjectRows,
    private readonly rows: NamespaceRows,
    private readonly plans: NamespacePlans,
    private readonly reader: NamespaceReader,
    private readonly groups: MemberGroups,
    private readonly runner: OperationRunner,
    private readonly kubernetes: KubernetesGateway,
    private readonly config: AppConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask({
      everyMs: RETRY_MS,
      work: () => this.retry(),
      logger,
      failure: "projects' namespaces could not be looked for; it is tried again",
    });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Never throws: what is missing is said in the project's status, and tried again later. */
  async prepare(caller: Asker, project: string, clusterId: string): Promise<void> {
    try {
      const cluster = await this.clusters.findConnectionById(clusterId);
      if (cluster === undefined) return;
      if (await this.make(caller, project, cluster)) await this.projects.setClusterPhase(project, clusterId, 'Active', '');
    } catch (error) {
      const isOurs = error instanceof ApiError;
      if (!isOurs) this.logger.error({ project, clusterId, err: error }, "making a project's namespace failed");
      const phase = isOurs && error.code < 500 ? 'Failed' : 'Pending';
      await this.projects.setClusterPhase(project, clusterId, phase, isOurs ? error.message : 'an internal error occurred');
    }
  }

  private async retry(): Promise<void> {
    const waiting = await this.projects.unprepared();
    await Promise.all(waiting.map(({ project, clusterId }) => this.prepare(ITSELF, project, clusterId)));
  }

  /** False while somebody else makes it. */
  private async make(caller: Asker, project: string, cluster: ClusterConnection): Promise<boolean> {
    const target = { cluster, identity: PLATFORM } as const;
    const held = await this.rows.find({ clusterId: cluster.id, name: project });
    if (held !== null) return held.phase === 'Active';
    const live = await this.kubernetes.find(target, namespaceRef(project));
    const holder = live?.metadata.labels?.[`${this.config.labelBaseDomain}/inner-namespace`];
    if (live !== undefined && holder !== project)
      throw conflict(`the cluster has a namespace "${project}" already, which is not the project's: rename or remove it`, {
        kind: 'namespaces',
        name: project,
      });
    const place = { project, cluster: cluster.name, name: project, isInner: true };
    const plan =
      live === undefined
        ? await this.plans.create(caller, cluster, place, NOTHING_ASKED)
        : await this.plans.adopt(caller, cluster, place, NOTHING_ASKED, (await this.reader.everything(target, project)).objects);
    const [namespace] = await this.runner.run(plan);
    await this.groups.refresh(cluster);
    if (namespace !== undefined) await this.rows.observe({ clusterId: cluster.id, name: project }, toObserved(namespace, undefined));
    return true;
  }
}
