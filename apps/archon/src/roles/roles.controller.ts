import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { CustomRoles } from './custom-roles.service.js';
import { CreateRoleRequest, ListRolesQuery, PatchRoleRequest, RoleListResponse, RoleResponse, RoleWriteQuery } from './roles.dto.js';

/** What roles there are belongs to no place. */
const EVERYWHERE = { reach: 'handler' } as const;

@ApiTags('roles')
@Controller('acp/v1/roles')
@ApiFailures(401, 403)
export class RolesController {
  constructor(private readonly roles: CustomRoles) {}

  /** Lists all roles, by name: the built-in ones and those that administrators wrote. */
  @Get()
  @Allow('authenticated')
  @Scoped(EVERYWHERE)
  @ApiOperation({ operationId: 'listRoles' })
  @ApiFailures(400, 422)
  list(@Query() query: ListRolesQuery): Promise<RoleListResponse> {
    return this.roles.list(query);
  }

  /** Makes a role: a table of functions and actions. */
  @Post()
  @Allow('administrator')
  @ApiOperation({ operationId: 'createRole' })
  @ApiFailures(400, 409, 413, 415, 422)
  create(@Caller() caller: Principal, @Query() { dryRun }: RoleWriteQuery, @Body() request: CreateRoleRequest): Promise<RoleResponse> {
    return this.roles.create(caller, request, { dryRun: dryRun === 'All' });
  }

  /** Gets a role. */
  @Get(':role')
  @Allow('authenticated')
  @Scoped(EVERYWHERE)
  @ApiOperation({ operationId: 'getRole' })
  @ApiFailures(404)
  get(@Param('role') name: string): Promise<RoleResponse> {
    return this.roles.get(name);
  }

  /** Changes a role. It holds for all who have it, in clusters too. */
  @Patch(':role')
  @Allow('administrator')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchRole' })
  @ApiFailures(400, 404, 409, 413, 415, 422)
  patch(@Param('role') name: string, @Query() { dryRun }: RoleWriteQuery, @Body() request: PatchRoleRequest): Promise<RoleResponse> {
    return this.roles.patch(name, request, { dryRun: dryRun === 'All' });
  }

  /** Removes a role that nobody has. */
  @Delete(':role')
  @HttpCode(204)
  @Allow('administrator')
  @ApiOperation({ operationId: 'deleteRole' })
  @ApiFailures(404, 409)
  delete(@Param('role') name: string): Promise<void> {
    return this.roles.delete(name);
  }
}
