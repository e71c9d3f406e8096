import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { ApiError } from '#errors';
import { clientNetwork } from '../http/client-address.js';
import { LoginFailureEntity } from './login-failure.entity.js';

const MAX_PER_ACCOUNT = 5;
const MAX_PER_NETWORK = 50;
const WINDOW_SECONDS = 300;

/**
 * Counts failed logins in Postgres, so that neither a restart nor another replica forgets them. An attempt is counted as failed before its
 * password is looked at, and forgiven when it was right: a hundred attempts at once are not a hundred guesses. What is tried while an
 * account is locked neither counts nor prolongs the lock. Names that no user has are counted too: a lock tells nobody whether there is a
 * user. Rows live for five minutes, and one network makes fifty in that time at most.
 */
@Injectable()
export class LoginLimits {
  constructor(@InjectRepository(LoginFailureEntity) private readonly rows: Repository<LoginFailureEntity>) {}

  /** Counts an attempt. True when the account may be tried; throws 429 when the network has failed too often, whatever the account. */
  async begin(account: string, address: string): Promise<boolean> {
    if (!(await this.count(networkKey(address), MAX_PER_NETWORK)))
      throw new ApiError('TooManyRequests', 'too many logins from this network have failed: wait five minutes', {
        retryAfterSeconds: WINDOW_SECONDS,
      });
    return this.count(accountKey(account), MAX_PER_ACCOUNT);
  }

  /** The attempt was right: the account's failures are forgotten, and this one of the network. */
  async forgive(account: string, address: string): Promise<void> {
    await this.rows.delete({ key: accountKey(account) });
    await this.rows.query('update login_failures set failures = failures - 1 where key = $1 and failures between 1 and $2', [
      networkKey(address),
      MAX_PER_NETWORK,
    ]);
  }

  /** Removes what has been forgotten. */
  async sweep(): Promise<void> {
    await this.rows.query('delete from login_failures where until <= now()');
  }

  /** One statement, so that attempts at the same moment count each other. */
  private async count(key: string, limit: number): Promise<boolean> {
    const [row] = await this.rows.query<{ failures: number }[]>(
      `insert into login_failures as f (key, failures, until) values ($1, 1, now() + make_interval(secs => $3))
       on conflict (key) do update set
         failures = case when f.until <= now() then 1 else least(f.failures, $2) + 1 end,
         until = case when f.until > now() and f.failures >= $2 then f.until else now() + make_interval(secs => $3) end
       returning failures`,
      [key, limit, WINDOW_SECONDS],
    );
    return row !== undefined && row.failures <= limit;
  }
}

const accountKey = (name: string): string => `account:${createHash('sha256').update(name).digest('base64')}`;
const networkKey = (address: string): string => `network:${clientNetwork(address)}`;
