import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '#log';
import { LOGGER } from '../logger.module.js';
import { PendingLogins } from './pending-logins.repository.js';

const INTERVAL_MS = 600_000;

/** Removes logins that nobody finished. */
@Injectable()
export class PendingLoginSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pending: PendingLogins,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.pending.sweep().catch((error: unknown) => this.logger.warn({ err: error }, 'unfinished logins were not removed'));
    }, INTERVAL_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
