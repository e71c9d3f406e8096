import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '#log';
import { AppConfig } from '../config.module.js';
import { LOGGER } from '../logger.module.js';
import { SigningKeys } from '../signing/signing-keys.service.js';
import { AuditLog } from './audit-log.repository.js';
import { HEAD_SUBJECT } from './audit-verifier.gateway.js';

const ROUND_MS = 60_000;
/** A head is signed when there are so many new events, even when its time has not come. */
const MAX_UNSIGNED = 10_000;
const DAY_SECONDS = 86_400;
/** Events are dropped by whole months: signed heads must be readable for longer than the retention says. */
const SPARE_DAYS = 62;

/** Signs and logs where the chain ends, makes the partitions of the months to come, and drops those whose time is over. */
@Injectable()
export class AuditUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: AuditLog,
    private readonly signingKeys: SigningKeys,
    private readonly config: AppConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.round(), ROUND_MS * (0.75 + Math.random() / 2)).unref();
    void this.round();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** When nothing more will be recorded here. */
  async close(): Promise<void> {
    await this.sign(0).catch((error: unknown) => this.logger.warn({ err: error }, 'the last head of the audit chain was not signed'));
  }

  private async round(): Promise<void> {
    try {
      await this.log.createPartitions();
      for (const name of await this.log.dropPartitions(this.config.auditRetentionDays))
        this.logger.info({ partition: name }, 'audit events whose time is over were dropped');
      await this.sign(this.config.auditHeadMinutes);
    } catch (error) {
      this.logger.warn({ err: error }, 'the upkeep of the audit log failed; it is tried again in a minute');
    }
  }

  /** The log of the process gets the head too: who truncates the database does not reach it there. */
  private async sign(minutes: number): Promise<void> {
    const head = await this.log.unsignedHead(minutes, MAX_UNSIGNED);
    if (head === undefined) return;
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + (this.config.auditRetentionDays + SPARE_DAYS) * DAY_SECONDS;
    const jti = `${head.sequence}.${head.hash.toString('hex')}`;
    const token = await this.signingKeys.sign('AuditHead', { jti, sub: HEAD_SUBJECT, iat, exp });
    if (await this.log.saveHead(head.sequence, token))
      this.logger.info({ sequence: head.sequence, auditHead: token }, 'head of the audit chain');
  }
}
