import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { PermissionsService } from './permissions.service.js';
import { PermissionListResponse, PermissionsQuery } from './roles.dto.js';

@ApiTags('roles')
@Controller('acp/v1/permissions')
@Allow('authenticated')
@Scoped({ reach: 'handler' })
@ApiFailures(401, 403)
export class PermissionsController {
  constructor(private readonly permissions: PermissionsService) {}

  /** The table of functions and roles: who may do what (PERM-1). */
  @Get()
  @ApiOperation({ operationId: 'listPermissions' })
  @ApiFailures(400, 422)
  list(@Query() query: PermissionsQuery): Promise<PermissionListResponse> {
    return this.permissions.list(query);
  }
}
