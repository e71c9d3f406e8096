import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Connections } from '#kubernetes';
import type { Logger } from '#log';
import { LOGGER } from '../logger.module.js';
import { ClustersService } from './clusters.service.js';

/** How long another replica's registration, change or removal stays unnoticed while nobody uses the cluster. */
const INTERVAL_MS = 3000;

/** Has every registered cluster probed, so that its state is known before somebody needs it. Nothing waits for it at the start. */
@Injectable()
export class ClusterWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly clusters: ClustersService,
    private readonly connections: Connections,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.refresh();
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async refresh(): Promise<void> {
    try {
      const clusters = await this.clusters.enabledConnections();
      if (!this.stopped) this.connections.watch(clusters);
    } catch (error) {
      // The database is away: the clusters that are known go on being watched.
      this.logger.warn({ err: error }, 'the list of clusters could not be read');
    }
    if (!this.stopped) this.timer = setTimeout(() => void this.refresh(), INTERVAL_MS).unref();
  }
}
