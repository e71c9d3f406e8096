import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '#log';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { TokensService } from './tokens.service.js';

/** Removes tokens that ended long ago. Every replica does: to delete what is gone already does no harm. */
@Injectable()
export class TokenSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(tokens: TokensService, @Inject(LOGGER) logger: Logger) {
    this.task = new PeriodicTask({
      everyMs: 3_600_000,
      work: () => tokens.sweep(),
      logger,
      failure: 'expired tokens could not be removed',
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
