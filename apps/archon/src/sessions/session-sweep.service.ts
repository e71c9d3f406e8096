import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '#log';
import { LOGGER } from '../logger.module.js';
import { LoginLimits } from '../users/login-limits.service.js';
import { SessionsService } from './sessions.service.js';

const ROUND_MS = 60_000;

/** Removes expired sessions and forgotten failures of logins. Every replica does: to delete what is gone already does no harm. */
@Injectable()
export class SessionSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessions: SessionsService,
    private readonly loginLimits: LoginLimits,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.round = this.sweep();
    }, ROUND_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  private async sweep(): Promise<void> {
    try {
      await this.sessions.sweep();
      await this.loginLimits.sweep();
    } catch (error) {
      // The next round does it. What has expired does not hold meanwhile either.
      this.logger.warn({ err: error }, 'expired sessions and failed logins could not be removed');
    }
  }
}
