import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { ResourceTypeListResponse } from './resource-types.dto.js';
import { ResourceTypes } from './resource-types.service.js';

@ApiTags('resources')
@Controller('acp/v1/resources/:cluster/resourcetypes')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 503, 504)
export class ResourceTypesController {
  constructor(private readonly types: ResourceTypes) {}

  /** Lists the resource types that a cluster serves, by API group and version, custom ones too. */
  @Get()
  @ApiOperation({ operationId: 'listResourceTypes' })
  @ApiOkResponse({ type: [ResourceTypeListResponse] })
  list(@Param('cluster') cluster: string): Promise<ResourceTypeListResponse[]> {
    return this.types.list(cluster);
  }
}
