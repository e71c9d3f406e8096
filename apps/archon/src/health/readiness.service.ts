import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApiError } from '#errors';

const DATABASE_TIMEOUT_MS = 2000;

@Injectable()
export class Readiness {
  private shuttingDown = false;

  constructor(private readonly database: DataSource) {}

  /** `ok`, or 503 that says what is missing. */
  async check(): Promise<string> {
    if (this.shuttingDown) throw new ApiError('ServiceUnavailable', 'Archon is shutting down');
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(new Error('no answer in time')), DATABASE_TIMEOUT_MS);
    try {
      await Promise.race([this.database.query('select 1'), timeout.promise]);
      return 'ok';
    } catch (cause) {
      throw new ApiError('ServiceUnavailable', 'the database does not answer', { retryAfterSeconds: 2 }, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** From now on the process says that it is not ready, while it goes on serving. */
  end(): void {
    this.shuttingDown = true;
  }
}
