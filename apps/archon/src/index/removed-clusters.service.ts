import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Logger } from '#log';
import { AppConfig } from '../config.module.js';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';

const ROUND_MS = 10_000;
/** Rows that one statement deletes: none holds its locks for long. */
const BATCH = 5000;

/** Takes out of the index what clusters left there that are no longer registered. */
@Injectable()
export class RemovedClusters implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly task: PeriodicTask;
  private isStopped = false;

  constructor(
    private readonly database: DataSource,
    private readonly config: AppConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.task = new PeriodicTask({
      everyMs: ROUND_MS,
      work: () => this.clean(),
      logger,
      failure: 'what removed clusters left in the index could not be deleted; it is tried again',
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.index) this.task.start();
  }

  onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    return this.task.stop();
  }

  async clean(): Promise<void> {
    // A replica that has not yet heard of it writes under the old token: nothing, from here on.
    await this.database.query(
      'update indexed_clusters set lease_token = lease_token + 1, lease_owner = null, lease_until = null where cluster_id is null',
    );
    const removed = await this.database.query<{ id: number }[]>('select id from indexed_clusters where cluster_id is null');
    for (const { id } of removed) await this.forget(id);
  }

  private async forget(cluster: number): Promise<void> {
    const kinds = await this.database.query<{ kind: number }[]>('select kind from reflections where cluster = $1', [cluster]);
    for (const { kind } of kinds)
      for (const table of ['objects', 'object_bodies'])
        await this.deleteAll(
          `delete from ${table} where kind = $1 and cluster = $2 and uid = any(array(
             select uid from ${table} where kind = $1 and cluster = $2 limit ${BATCH}))`,
          [kind, cluster],
        );
    await this.database.query('delete from object_counts where cluster = $1', [cluster]);
    await this.deleteAll(
      `delete from kubernetes_events where (created_at, cluster, uid) in (
         select created_at, cluster, uid from kubernetes_events
         where namespace = any(array(select id from indexed_namespaces where cluster = $1)) limit ${BATCH})`,
      [cluster],
    );
    // Its reflections and namespaces go with it.
    if (!this.isStopped) await this.database.query('delete from indexed_clusters where id = $1', [cluster]);
  }

  private async deleteAll(statement: string, parameters: unknown[]): Promise<void> {
    let deleted = BATCH;
    while (deleted === BATCH && !this.isStopped) [, deleted] = await this.database.query<[unknown[], number]>(statement, parameters);
  }
}
