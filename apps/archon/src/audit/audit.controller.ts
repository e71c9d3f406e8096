import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { AuditQueries } from './audit-queries.service.js';
import { AuditEventListResponse, ListAuditEventsQuery } from './audit.dto.js';

@ApiTags('audit')
@Controller('acp/v1/audit')
@Allow('auditor')
@ApiFailures(401, 403)
export class AuditController {
  constructor(private readonly queries: AuditQueries) {}

  /** Lists what was done, tried and denied, newest first; for administrators and auditors. The list goes on as long as `metadata.continue` is there, even behind a page without events. */
  @Get()
  @ApiOperation({ operationId: 'listAuditEvents' })
  @ApiFailures(400, 422)
  list(@Query() query: ListAuditEventsQuery): Promise<AuditEventListResponse> {
    return this.queries.list(query);
  }
}
