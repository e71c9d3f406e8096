import type { LoggerService } from '@nestjs/common';
import type { Logger } from '#log';

/** Nest's own messages, as lines of the process's log. Its many start-up notices are of interest only when looking for a fault in them. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug(String(message));
  }

  debug(message: unknown): void {
    this.logger.debug(String(message));
  }

  verbose(message: unknown): void {
    this.logger.trace(String(message));
  }

  warn(message: unknown): void {
    this.logger.warn(String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error({ err: message instanceof Error ? message : undefined, detail: rest.map(String) }, String(message));
  }
}
