import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { type ClusterConnection, KubernetesGateway } from '#kubernetes';
import type { Logger } from '#log';
import { PLATFORM } from '../auth/platform-identity.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { CUSTOM_ROLE_LABEL, customRoleObjects, type RoleObject } from './cluster-roles.js';
import { CustomRoleEntity } from './custom-role.entity.js';
import { RoleInstallationEntity } from './role-installation.entity.js';

const EVERY_MS = 30_000;
/** Whoever changes a role waits so long for its clusters. Those that need longer are told as waiting. */
const PATIENCE_MS = 3000;
const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };
const KINDS = ['clusterroles', 'clusterrolebindings'];
/** Where there were never custom roles nothing has to be done. */
const NONE = digestOf([]);

/**
 * Brings custom roles to all clusters, and takes those away that are gone. What each cluster holds is a row, so that one that was out of
 * reach, or came later, gets them as soon as it can be.
 */
@Injectable()
export class RoleInstaller implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(
    @InjectRepository(CustomRoleEntity) private readonly roles: Repository<CustomRoleEntity>,
    @InjectRepository(RoleInstallationEntity) private readonly installations: Repository<RoleInstallationEntity>,
    private readonly clusters: ClustersService,
    private readonly kubernetes: KubernetesGateway,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask({
      everyMs: EVERY_MS,
      work: () => this.round(),
      logger,
      failure: 'custom roles could not be brought to the clusters',
    });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Begins at once; returns when all clusters are done, or after some seconds. */
  async install(): Promise<void> {
    await Promise.race([this.round(), sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Names of the clusters that do not hold the custom roles as they are. */
  async waitingClusters(): Promise<string[]> {
    const objects = await this.wanted();
    return (await this.stale(digestOf(objects))).map(({ name }) => name).sort();
  }

  private async round(): Promise<void> {
    const objects = await this.wanted();
    const digest = digestOf(objects);
    await Promise.all((await this.stale(digest)).map(({ id, name }) => this.bring(id, name, objects, digest)));
  }

  private async wanted(): Promise<RoleObject[]> {
    return (await this.roles.find({ order: { name: 'ASC' } })).flatMap(customRoleObjects);
  }

  private async stale(digest: string): Promise<ClusterConnection[]> {
    const held = new Map((await this.installations.find()).map((row) => [row.clusterId, row.digest]));
    return (await this.clusters.enabledConnections()).filter(({ id }) => (held.get(id) ?? NONE) !== digest);
  }

  private async bring(clusterId: string, name: string, objects: readonly RoleObject[], digest: string): Promise<void> {
    try {
      const cluster = await this.clusters.findConnectionById(clusterId);
      if (cluster === undefined) return;
      const target = { cluster, identity: PLATFORM };
      for (const { ref, object } of objects) await this.kubernetes.apply(target, ref, object, { force: true });
      const wanted = new Set(objects.map(({ ref }) => `${ref.resource}/${ref.name}`));
      for (const resource of KINDS) {
        const { items } = await this.kubernetes.list(target, { ...RBAC, resource }, { labelSelector: CUSTOM_ROLE_LABEL });
        for (const { metadata } of items)
          if (!wanted.has(`${resource}/${metadata.name}`))
            await this.kubernetes.delete(target, { ...RBAC, resource, name: metadata.name ?? '' });
      }
      await this.installations.upsert({ clusterId, digest }, ['clusterId']);
    } catch (error) {
      this.logger.warn({ err: error, cluster: name }, 'custom roles could not be brought to a cluster; this is tried again');
    }
  }
}

function digestOf(objects: readonly RoleObject[]): string {
  return createHash('sha256').update(JSON.stringify(objects)).digest('base64');
}
