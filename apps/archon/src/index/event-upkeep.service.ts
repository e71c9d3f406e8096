import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '#log';
import { AppConfig } from '../config.module.js';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { EventPartitions } from './event-partitions.repository.js';

const ROUND_MS = 600_000;

/** Drops events of Kubernetes whose time is over, by whole days. */
@Injectable()
export class EventUpkeep implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(
    partitions: EventPartitions,
    private readonly config: AppConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.task = new PeriodicTask({
      everyMs: ROUND_MS,
      work: async () => {
        for (const partition of await partitions.dropOlder(config.indexEventDays))
          logger.info({ partition }, 'events of clusters whose time is over were dropped');
      },
      logger,
      failure: 'old events of clusters could not be dropped; it is tried again',
    });
  }

  onApplicationBootstrap(): void {
    if (!this.config.index) return;
    this.task.start();
    this.task.run();
  }

  onApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }
}
