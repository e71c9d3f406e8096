import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import type { Client } from '../http/client.js';
import { SentBy } from '../http/sent-by.decorator.js';
import { AccountsService } from './accounts.service.js';
import { toUserObject } from './user-object.js';
import { CreateUserRequest, ListUsersQuery, PatchUserRequest, UserListResponse, UserResponse } from './users.dto.js';

@ApiTags('users')
@Controller('auth/v1/users')
@ApiFailures(401, 403)
export class UsersController {
  constructor(private readonly accounts: AccountsService) {}

  /** Lists the users that Archon knows. */
  @Get()
  @Allow('auditor')
  @ApiOperation({ operationId: 'listUsers' })
  @ApiFailures(400, 422)
  async list(@Query() query: ListUsersQuery): Promise<UserListResponse> {
    const { total, items } = await this.accounts.list(query);
    return { apiVersion: 'auth.alauda.io/v1', kind: 'UserList', total, items: items.map(toUserObject) };
  }

  /** Makes a local user. */
  @Post()
  @Allow('administrator')
  @ApiOperation({ operationId: 'createUser' })
  @ApiFailures(400, 409, 413, 415, 422, 429)
  async create(@Caller() caller: Principal, @Body() request: CreateUserRequest): Promise<UserResponse> {
    return toUserObject(await this.accounts.create(caller, request));
  }

  /** Gets oneself, or any user for administrators and auditors. */
  @Get(':name')
  @Allow('authenticated')
  @ApiOperation({ operationId: 'getUser' })
  @ApiFailures(404)
  async get(@Caller() caller: Principal, @Param('name') name: string): Promise<UserResponse> {
    return toUserObject(await this.accounts.get(caller, name));
  }

  /** Changes one's own display name and password; for administrators anybody's, and roles and whether a user is disabled. */
  @Patch(':name')
  @HttpCode(201)
  @Allow('authenticated')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchUser' })
  @ApiResponse({ status: 201, type: UserResponse, description: 'Changed; 201 is what the official API answers' })
  @ApiFailures(400, 404, 409, 413, 415, 422, 429)
  async patch(
    @Caller() caller: Principal,
    @Param('name') name: string,
    @Body() request: PatchUserRequest,
    @SentBy() { address }: Client,
  ): Promise<UserResponse> {
    return toUserObject(await this.accounts.patch(caller, name, request, address));
  }

  /** Removes a user with all sessions and tokens. */
  @Delete(':name')
  @HttpCode(204)
  @Allow('administrator')
  @ApiOperation({ operationId: 'deleteUser' })
  @ApiFailures(404, 409)
  delete(@Param('name') name: string): Promise<void> {
    return this.accounts.delete(name);
  }
}
