import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import {
  decodePasswordHash,
  encodePasswordHash,
  HASH_COST,
  type HashCost,
  isOutdated,
  type PasswordHash,
  SALT_BYTES,
  TAG_BYTES,
} from './password-hash.js';
import { normalizePassword } from './password-policy.js';

/** Each takes a thread of Node's pool and 19 MiB; files and DNS need threads too. */
const AT_ONCE = 2;
const MAX_WAITING = 64;

const derive = promisify(argon2);

/** Hashes and compares passwords with Argon2id (RFC 9106), few at once and off the event loop. */
@Injectable()
export class Passwords {
  /** Compared with where there is no password: the work, and so the time, is the same. Nothing matches it. */
  private readonly nobodys: PasswordHash = { ...HASH_COST, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) };
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /** As a PHC string. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return encodePasswordHash({ ...HASH_COST, salt, tag: await this.derive(password, salt, HASH_COST) });
  }

  /** `stored` is null for a user who has no password, or whom nobody knows: false, after the same work. */
  async matches(stored: string | null, password: string): Promise<boolean> {
    const hash = stored === null ? this.nobodys : decodePasswordHash(stored);
    const isEqual = timingSafeEqual(hash.tag, await this.derive(password, hash.salt, hash));
    return stored !== null && isEqual;
  }

  /** Whether a stored hash is to be made anew, now that its password is at hand. */
  isOutdated(stored: string): boolean {
    return isOutdated(decodePasswordHash(stored));
  }

  private async derive(password: string, nonce: Buffer, { memory, passes, parallelism }: HashCost): Promise<Buffer> {
    await this.enter();
    try {
      return await derive('argon2id', { message: normalizePassword(password), nonce, parallelism, tagLength: TAG_BYTES, memory, passes });
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < AT_ONCE) {
      this.running++;
      return;
    }
    if (this.waiting.length >= MAX_WAITING)
      throw new ApiError('TooManyRequests', 'too many passwords are being checked at present: try again', { retryAfterSeconds: 2 });
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The place goes to whoever waits next. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running--;
    else next();
  }
}
