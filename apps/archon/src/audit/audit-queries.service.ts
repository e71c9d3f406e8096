import { Injectable } from '@nestjs/common';
import type { ChainedEvent } from './audit-chain.js';
import { type AuditFilter, type AuditPosition, auditCondition, positionAt, readContinue, writeContinue } from './audit-filter.js';
import { AuditLog } from './audit-log.repository.js';
import { type AuditEventListResponse, type ListAuditEventsQuery, toAuditEventResponse } from './audit.dto.js';

/** Events of the first stretch that is looked through: a page of what is frequent, and so few that the worst plan takes milliseconds. */
const FIRST_STRETCH = 10_000;
/** Of the longest one. A plan that reads every event of it must not take longer than a request may. */
const LONGEST_STRETCH = 160_000;
/** So long further stretches are begun. */
const BUDGET_MS = 60;

/**
 * What auditors see of the audit log. No index helps to find values that are frequent and never meet, so the log is looked through in
 * stretches, each twice as long as the one before while that is quick; when the time is used up, the answer is what was found and where to go on.
 */
@Injectable()
export class AuditQueries {
  constructor(private readonly log: AuditLog) {}

  /** Newest first. Pages are stable: what is recorded meanwhile comes before the first one. */
  async list({ limit = 100, continue: token, ...filter }: ListAuditEventsQuery): Promise<AuditEventListResponse> {
    const deadline = performance.now() + BUDGET_MS;
    const page: ChainedEvent[] = [];
    let [before, length] = [await this.start(token, filter), FIRST_STRETCH];
    while (before !== undefined) {
      const begin = performance.now();
      const from = await this.log.positionOf(before.sequence - length);
      const isLast = from === undefined || (filter.since !== undefined && from.recordedAt < new Date(filter.since));
      const stretch = { before, from: filter.since !== undefined && isLast ? positionAt(filter.since) : from };
      const { where, parameters } = auditCondition(filter, stretch);
      page.push(...(await this.log.find(where, parameters, limit + 1 - page.length)));
      if (page.length > limit) return answer(page.slice(0, limit), page[limit - 1]);
      before = isLast ? undefined : from;
      const tookMs = performance.now() - begin;
      length = Math.min(LONGEST_STRETCH, length * 2);
      if (performance.now() + 2 * tookMs > deadline) break;
    }
    return answer(page, before);
  }

  private start(token: string | undefined, { until }: AuditFilter): Promise<AuditPosition | undefined> {
    const positions = [token === undefined ? [] : [readContinue(token)], until === undefined ? [] : [positionAt(until)]].flat();
    const [earliest] = positions.toSorted(
      (one, other) => one.recordedAt.getTime() - other.recordedAt.getTime() || one.sequence - other.sequence,
    );
    return this.log.endBefore(earliest);
  }
}

/** `next`: the event, or place, behind which the next page begins; absent when there is none. */
const answer = (page: readonly ChainedEvent[], next: AuditPosition | undefined): AuditEventListResponse => ({
  kind: 'AuditEventList',
  metadata: next === undefined ? {} : { continue: writeContinue(next) },
  items: page.map(toAuditEventResponse),
});
