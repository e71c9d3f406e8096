import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { AddMemberAnywhereRequest, ListAllMembersQuery, MemberListResponse, MemberResponse } from './members.dto.js';
import { PlatformMembers } from './platform-members.service.js';

@ApiTags('members')
@Controller('acp/v1/members')
@ApiFailures(401, 403)
export class MembersController {
  constructor(private readonly members: PlatformMembers) {}

  /** Lists all memberships: of the platform, of clusters, projects and namespaces. */
  @Get()
  @Allow('auditor')
  @ApiOperation({ operationId: 'listMembers' })
  @ApiFailures(400, 422)
  list(@Query() query: ListAllMembersQuery): Promise<MemberListResponse> {
    return this.members.list(query);
  }

  /** Gives a user or group a role on the whole platform, or in a whole cluster. */
  @Post()
  @Allow('administrator')
  @ApiOperation({ operationId: 'addMember' })
  @ApiFailures(400, 404, 409, 413, 415, 422)
  add(@Caller() caller: Principal, @Body() request: AddMemberAnywhereRequest): Promise<MemberResponse> {
    return this.members.add(caller, request);
  }

  /** Ends a membership, whatever it is of. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('administrator')
  @ApiOperation({ operationId: 'removeMember' })
  @ApiFailures(404)
  remove(@Param('id') id: string): Promise<void> {
    return this.members.remove(id);
  }
}
