import { Injectable } from '@nestjs/common';
import { auditCondition, readContinue, writeContinue } from './audit-filter.js';
import { AuditLog } from './audit-log.repository.js';
import { type AuditEventListResponse, type ListAuditEventsQuery, toAuditEventResponse } from './audit.dto.js';

/** What auditors see of the audit log. */
@Injectable()
export class AuditQueries {
  constructor(private readonly log: AuditLog) {}

  /** Newest first. Pages are stable: what is recorded meanwhile comes before the first one. */
  async list({ limit = 100, continue: token, ...filter }: ListAuditEventsQuery): Promise<AuditEventListResponse> {
    const { where, parameters } = auditCondition(filter, token === undefined ? undefined : readContinue(token));
    const found = await this.log.find(where, parameters, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      kind: 'AuditEventList',
      metadata: found.length > limit && last !== undefined ? { continue: writeContinue(last) } : {},
      items: page.map(toAuditEventResponse),
    };
  }
}
