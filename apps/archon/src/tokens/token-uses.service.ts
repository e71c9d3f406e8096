import type { IncomingMessage } from 'node:http';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import type { Repository } from 'typeorm';
import type { Logger } from '#log';
import type { Principal } from '../auth/principal.js';
import { ClientAddresses } from '../http/client-addresses.service.js';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { AccessTokenEntity } from './access-token.entity.js';

/** A token's use is written at most this often; all replicas together keep to it. */
const EVERY_MS = 60_000;
const FLUSH_MS = 2000;
const WRITE = `
  update access_tokens t set last_used_at = clock_timestamp() - u.age_ms * interval '1 ms', last_used_from = u.address
  from unnest($1::uuid[], $2::float8[], $3::text[]) as u (id, age_ms, address)
  where t.id = u.id and (t.last_used_at is null or t.last_used_at < clock_timestamp() - $4 * interval '1 ms')`;

/** When and from where tokens were last used: noted in memory, written in batches, never in the way of a request. */
@Injectable()
export class TokenUses implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly noted = new LRUCache<string, true>({ max: 100_000, ttl: EVERY_MS });
  private unwritten = new Map<string, { at: number; address: string }>();
  private readonly task: PeriodicTask;

  constructor(
    @InjectRepository(AccessTokenEntity) private readonly rows: Repository<AccessTokenEntity>,
    private readonly addresses: ClientAddresses,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.task = new PeriodicTask({
      everyMs: FLUSH_MS,
      work: () => this.write(),
      logger,
      failure: 'the last use of tokens was not written',
    });
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.task.run();
    await this.task.stop();
  }

  /** Costs a look into a map unless a minute has passed. */
  note({ provenBy: { kind, id } }: Principal, request: Pick<IncomingMessage, 'socket' | 'headers'>): void {
    if ((kind !== 'token' && kind !== 'job') || this.noted.has(id)) return;
    this.noted.set(id, true);
    this.unwritten.set(id, { at: performance.now(), address: this.addresses.of(request) });
  }

  private async write(): Promise<void> {
    if (this.unwritten.size === 0) return;
    const uses = [...this.unwritten];
    this.unwritten = new Map();
    const now = performance.now();
    await this.rows.query(WRITE, [
      uses.map(([id]) => id),
      uses.map(([, { at }]) => now - at),
      uses.map(([, { address }]) => address),
      EVERY_MS,
    ]);
  }
}
