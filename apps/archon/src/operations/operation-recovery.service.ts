import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '#log';
import { LOGGER } from '../logger.module.js';
import { Journal } from './journal.repository.js';
import { OperationRunner } from './operation-runner.service.js';

const ROUND_MS = 2000;

/** Keeps the leases of running operations and takes over those whose replica died or whose cluster was out of reach. */
@Injectable()
export class OperationRecovery implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stop = new AbortController();
  private round: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly runner: OperationRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stop.abort();
    clearTimeout(this.timer);
    await this.round;
  }

  private schedule(): void {
    if (this.stop.signal.aborted) return;
    // Replicas must not all ask at once.
    this.timer = setTimeout(
      () => {
        this.round = this.work().finally(() => this.schedule());
      },
      ROUND_MS * (0.5 + Math.random()),
    );
  }

  private async work(): Promise<void> {
    try {
      if (this.runner.active.size > 0) await this.journal.renew([...this.runner.active]);
      // Each on its own: one that waits for a slow cluster keeps no other waiting.
      for (let claimed = await this.takeOver(); claimed && !this.stop.signal.aborted; ) claimed = await this.takeOver();
    } catch (error) {
      this.logger.error({ err: error }, 'looking for broken-off operations failed');
    }
  }

  private async takeOver(): Promise<boolean> {
    const operation = await this.journal.claim();
    if (operation === undefined) return false;
    const resumed = this.runner.resume(operation);
    resumed
      .then(() => this.logger.info({ operation: operation.id, phase: operation.phase }, 'a broken-off operation was taken up'))
      .catch((error: unknown) => this.logger.error({ operation: operation.id, err: error }, 'taking up an operation failed'));
    return true;
  }
}
