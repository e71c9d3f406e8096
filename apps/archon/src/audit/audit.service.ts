import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiError } from '#errors';
import type { Logger } from '#log';
import { AppConfig } from '../config.module.js';
import { Metrics } from '../health/metrics.service.js';
import { LOGGER } from '../logger.module.js';
import type { AuditEvent } from './audit-event.js';
import { AuditLog } from './audit-log.repository.js';

interface Waiting {
  event: AuditEvent;
  since: number;
  written?: (inTime: true) => void;
}

const GATHER_MS = 100;
const RETRY_MS = 200;
const MAX_BATCH = 500;
/** Some 50 MB: events of reads and ends of streams while the database is away. Changes are refused long before. */
const MAX_WAITING = 50_000;
/** How long a change waits while attempts to write fail: long enough to outlive a broken connection, and a prompt refusal otherwise. */
const FAILING_PATIENCE_MS = 800;
const CLOSE_TIMEOUT_MS = 5000;
/** Of Postgres: a value that it doesn't take, or a field without one. */
const DATA_EXCEPTION = /^(22|23502)/;

/**
 * The one place that records what happens. Events are gathered and written in batches, in their order; what must not happen without a
 * record waits for the batch that holds it.
 */
@Injectable()
export class Audit implements OnModuleInit {
  private readonly waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  /** Whether the last attempt to write failed. */
  private failing = false;

  constructor(
    private readonly log: AuditLog,
    private readonly config: AppConfig,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.log.createPartitions();
  }

  /** Within 200 ms in the database, when that answers. Never throws and never waits. */
  record(event: AuditEvent): void {
    this.add({ event, since: performance.now() });
    this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /**
   * Resolves when the event is committed: awaited before a change goes on, so that none is made without a record. Throws 503 when that
   * does not come about in time; the event stays, as somebody did ask. With `ARCHON_AUDIT_REQUIRED=false` it only records.
   */
  async recordBefore(event: AuditEvent): Promise<void> {
    if (this.config.auditRequired === 'false') {
      this.record(event);
      return;
    }
    if (this.isBehind()) {
      this.record(event);
      throw cannotRecord();
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const prompt = setTimeout(() => this.failing && resolve(false), FAILING_PATIENCE_MS);
    const patient = setTimeout(() => resolve(false), this.config.auditMaxDelayMs);
    this.add({ event, since: performance.now(), written: resolve });
    setImmediate(() => this.flush()); // what comes in the same turn goes in the same batch
    const inTime = await promise;
    clearTimeout(prompt);
    clearTimeout(patient);
    if (!inTime) throw cannotRecord();
  }

  /** Writes what is waiting. What the database does not take in time goes to the process log instead: nothing is lost in silence. */
  async close(): Promise<void> {
    const deadline = performance.now() + CLOSE_TIMEOUT_MS;
    while (this.waiting.length > 0 && performance.now() < deadline) {
      this.flush();
      await Promise.race([this.writing, sleep(RETRY_MS)]);
    }
    for (const { event } of this.waiting.splice(0)) this.lose(event, 'the database did not take it before the end');
  }

  /** Whether the oldest event waits too long, or there is room for no more. */
  private isBehind(): boolean {
    const oldest = this.waiting[0]?.since ?? Infinity;
    const patience = this.failing ? FAILING_PATIENCE_MS : this.config.auditMaxDelayMs;
    return performance.now() - oldest > patience || this.waiting.length >= MAX_WAITING;
  }

  private add(entry: Waiting): void {
    if (this.waiting.length < MAX_WAITING) this.waiting.push(entry);
    else this.lose(entry.event, 'too many events wait for the database');
  }

  private lose(event: AuditEvent, why: string): void {
    this.metrics.countAuditLost();
    this.logger.error({ auditEvent: event }, `an audit event is not in the audit log: ${why}`);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, MAX_BATCH);
      await this.write(batch.map(({ event }) => event));
      this.waiting.splice(0, batch.length);
      for (const { written } of batch) written?.(true);
    }
  }

  /** Tries until the batch is written: once. A connection that breaks during the commit leaves open whether it was. */
  private async write(batch: AuditEvent[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt === 1 || !(await this.log.has(batch[0] as AuditEvent))) await this.log.append(batch);
        this.failing = false;
        return;
      } catch (error) {
        if (DATA_EXCEPTION.test((error as { code?: string }).code ?? '')) {
          await this.writeSingly(batch, error as Error);
          return;
        }
        this.failing = true;
        if (attempt % 25 === 1)
          this.logger.warn({ err: error, waiting: this.waiting.length }, 'audit events can not be written at present');
        await sleep(RETRY_MS);
      }
    }
  }

  /** One event that the database can't take must not hold up all others for ever. */
  private async writeSingly(batch: AuditEvent[], error: Error): Promise<void> {
    if (batch.length > 1) for (const event of batch) await this.write([event]);
    else if (batch[0] !== undefined) this.lose(batch[0], error.message);
  }
}

const cannotRecord = () =>
  new ApiError('ServiceUnavailable', 'changes can not be recorded in the audit log at present, so none are made; try again', {
    retryAfterSeconds: 2,
  });
