import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { AppConfig } from '../config.module.js';

/** How many requests one user has under way here: one user's burst must not take the server away from the others. Streams are counted elsewhere. */
@Injectable()
export class UserRequests {
  private readonly running = new Map<string, number>();

  constructor(private readonly config: AppConfig) {}

  /** Throws 429 when the user has too many under way; each `enter` that returns needs one `leave`. */
  enter(user: string): void {
    const running = this.running.get(user) ?? 0;
    if (running >= this.config.maxRequestsPerUser)
      throw new ApiError('TooManyRequests', `you have ${running} requests under way, which is the limit: wait for answers first`, {
        retryAfterSeconds: 1,
      });
    this.running.set(user, running + 1);
  }

  leave(user: string): void {
    const running = (this.running.get(user) ?? 1) - 1;
    if (running === 0) this.running.delete(user);
    else this.running.set(user, running);
  }
}
