import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { PageQuery } from '../http/page.dto.js';
import { OperationListResponse, OperationResponse } from './operations.dto.js';
import { OperationsService } from './operations.service.js';

@ApiTags('operations')
@Controller('acp/v1/operations')
@Allow('authenticated')
@Scoped({ reach: 'handler' })
@ApiFailures(401, 403)
export class OperationsController {
  constructor(private readonly operations: OperationsService) {}

  /** Lists the caller's operations, or everybody's for an administrator, newest first. */
  @Get()
  @ApiOperation({ operationId: 'listOperations' })
  @ApiFailures(400, 422)
  list(@Caller() caller: Principal, @Query() query: PageQuery): Promise<OperationListResponse> {
    return this.operations.list(caller, query);
  }

  /** Gets one operation with its steps. */
  @Get(':id')
  @ApiOperation({ operationId: 'getOperation' })
  @ApiFailures(404)
  get(@Caller() caller: Principal, @Param('id') id: string): Promise<OperationResponse> {
    return this.operations.get(caller, id);
  }
}
