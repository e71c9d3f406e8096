import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Notifications } from '#database';
import { Discovery, KubernetesGateway } from '#kubernetes';
import type { Logger } from '#log';
import { CLUSTERS_TOPIC } from '../clusters/clusters-topic.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { type ClusterLease, ClusterLeases } from './cluster-leases.service.js';
import { ClusterReflectors } from './cluster-reflectors.gateway.js';
import { EventWriter } from './event-writer.repository.js';
import { IndexedKinds } from './indexed-kinds.repository.js';
import { ObjectWriter } from './object-writer.repository.js';
import { Reflections } from './reflections.repository.js';

/** With the length of a lease: a dead replica's clusters are followed by another one within 12 s. */
const ROUND_MS = 2000;

/** Has every cluster followed by one replica, so that the index is as the clusters are. Nothing waits for a cluster. */
@Injectable()
export class Reflectors implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly running = new Map<string, { token: string; reflectors: ClusterReflectors; done: Promise<void> }>();
  /** Still writing under a lease: a successor here must not begin before. */
  private readonly ending = new Map<string, Promise<void>>();
  private readonly task: PeriodicTask;
  private isStopped = false;

  constructor(
    private readonly leases: ClusterLeases,
    private readonly clusters: ClustersService,
    private readonly discovery: Discovery,
    private readonly kubernetes: KubernetesGateway,
    private readonly objects: ObjectWriter,
    private readonly events: EventWriter,
    private readonly reflections: Reflections,
    private readonly numbers: IndexedKinds,
    private readonly config: AppConfig,
    private readonly notifications: Notifications,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new PeriodicTask({
      everyMs: ROUND_MS,
      work: () => this.round(),
      logger,
      failure: 'it could not be seen which clusters this replica follows; it is tried again',
    });
  }

  onApplicationBootstrap(): void {
    if (!this.config.index) return;
    this.notifications.on(CLUSTERS_TOPIC, (id) => this.restart([id]));
    this.notifications.onGap(() => this.restart([...this.running.keys()]));
    this.task.start();
    this.task.run();
  }

  /** The leases are given up when nothing is written under them any more. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    await this.task.stop();
    for (const id of [...this.running.keys()]) this.end(id);
    await Promise.all(this.ending.values());
    if (this.config.index) await this.leases.releaseAll();
  }

  private async round(): Promise<void> {
    if (this.isStopped) return; // a notification came late
    const leases = await this.leases.hold();
    for (const lease of leases) if (lease.isSurplus) this.giveUp(lease);
    const held = new Map(leases.flatMap((lease) => (lease.isSurplus ? [] : [[lease.clusterId, lease]])));
    for (const [id, { token }] of [...this.running]) if (held.get(id)?.token !== token) this.end(id);
    for (const lease of held.values()) if (!this.running.has(lease.clusterId) && !this.ending.has(lease.clusterId)) this.begin(lease);
  }

  private begin(lease: ClusterLease): void {
    const { discovery, kubernetes, objects, events, reflections, numbers, logger, config } = this;
    const reflectors = new ClusterReflectors({
      lease,
      connect: () => this.clusters.findConnectionById(lease.clusterId),
      kinds: config.indexKinds,
      omitted: config.indexOmit,
      discovery,
      kubernetes,
      objects,
      events,
      reflections,
      numbers,
      logger,
    });
    const done = reflectors.run().finally(() => {
      if (this.running.get(lease.clusterId)?.reflectors === reflectors) this.running.delete(lease.clusterId);
    });
    done.catch((error: unknown) => logger.error({ clusterId: lease.clusterId, err: error }, 'following a cluster failed'));
    this.running.set(lease.clusterId, { token: lease.token, reflectors, done });
  }

  /** A changed registration may lead elsewhere; what is no longer registered must not be connected to. They go on where they were. */
  private restart(ids: readonly string[]): void {
    for (const id of ids) this.end(id);
    void Promise.all(ids.flatMap((id) => this.ending.get(id) ?? [])).then(() => this.task.run());
  }

  /** Nothing must be written under the lease any more when another replica takes it. */
  private giveUp(lease: ClusterLease): void {
    this.end(lease.clusterId);
    const released = Promise.resolve(this.ending.get(lease.clusterId)).then(() => this.leases.release(lease));
    released.catch((error: unknown) => this.logger.warn({ clusterId: lease.clusterId, err: error }, 'a cluster could not be given up'));
  }

  private end(clusterId: string): void {
    const present = this.running.get(clusterId);
    if (present === undefined) return;
    this.running.delete(clusterId);
    present.reflectors.stop();
    const ended = present.done.catch(() => undefined).finally(() => this.ending.delete(clusterId));
    this.ending.set(clusterId, ended);
  }
}
