import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '#log';
import { LOGGER } from '../../logger.module.js';
import { PeriodicTask } from '../../periodic-task.service.js';
import { VersionLedger } from './version-ledger.repository.js';

/** Removes versions whose time is over, and manifests that no version holds. Every replica does: to delete what is gone already does no harm. */
@Injectable()
export class VersionsUpkeep implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(ledger: VersionLedger, @Inject(LOGGER) logger: Logger) {
    this.task = new PeriodicTask({
      everyMs: 3_600_000,
      work: () => ledger.sweep(),
      logger,
      failure: 'versions that are no longer kept could not be removed; it is tried again',
    });
  }

  onApplicationBootstrap(): void {
    this.task.run();
    this.task.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }
}
