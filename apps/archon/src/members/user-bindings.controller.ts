import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { USER_BINDING_EXAMPLE } from './user-binding-examples.js';
import { DeleteUserBindingsQuery, ListUserBindingsQuery, UserBindingListResponse, UserBindingResponse } from './user-bindings.dto.js';
import { UserBindings } from './user-bindings.service.js';

const BODY = { required: true, schema: { type: 'object', additionalProperties: true } } as const;

/** Memberships on the paths of the official API. */
@ApiTags('members')
@Controller('auth/v2/userbindings')
@Allow('authenticated')
@ApiFailures(401, 403, 422)
export class UserBindingsController {
  constructor(private readonly bindings: UserBindings) {}

  /** Lists the caller's own bindings, and those of the places whose members it may see. */
  @Get()
  @ApiOperation({ operationId: 'listUserBindings' })
  @ApiFailures(400)
  list(@Caller() caller: Principal, @Query() query: ListUserBindingsQuery): Promise<UserBindingListResponse> {
    return this.bindings.list(caller, query);
  }

  /** Gives one user or group a role in one place. The name of the binding is in the answer: one in the request is not kept. */
  @Post()
  @ApiOperation({ operationId: 'createUserBinding' })
  @ApiBody({ ...BODY, examples: { administrator: { summary: 'An administrator of a project', value: USER_BINDING_EXAMPLE } } })
  @ApiFailures(400, 404, 409, 413, 415)
  create(@Caller() caller: Principal, @Body() body: unknown): Promise<UserBindingResponse> {
    return this.bindings.create(caller, body);
  }

  /** Ends all bindings that are selected, or none where one of them may not be ended. Answers with those that were there. */
  @Delete()
  @ApiOperation({ operationId: 'deleteUserBindings' })
  @ApiFailures(400)
  deleteAll(@Caller() caller: Principal, @Query() query: DeleteUserBindingsQuery): Promise<UserBindingListResponse> {
    return this.bindings.deleteAll(caller, query);
  }

  /** Ends a binding. It holds at the next request. */
  @Delete(':name')
  @ApiOperation({ operationId: 'deleteUserBinding' })
  @ApiFailures(404)
  delete(@Caller() caller: Principal, @Param('name') name: string): Promise<UserBindingResponse> {
    return this.bindings.delete(caller, name);
  }
}
