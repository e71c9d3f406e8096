import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { QuotaTypeListResponse } from './namespaces.dto.js';
import { QuotaTypes } from './quota-types.service.js';

@ApiTags('namespaces')
@Controller('acp/v1/kubernetes/:cluster/quota-types')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 503, 504)
export class QuotaTypesController {
  constructor(private readonly types: QuotaTypes) {}

  /** Lists the quota types that a cluster offers beyond those of Kubernetes, such as GPUs; of GPUs only what its nodes have. */
  @Get()
  @ApiOperation({ operationId: 'listQuotaTypes' })
  async list(@Param('cluster') cluster: string): Promise<QuotaTypeListResponse> {
    return { items: await this.types.list(cluster) };
  }
}
