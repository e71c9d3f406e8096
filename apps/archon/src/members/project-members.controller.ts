import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import {
  AddMemberRequest,
  ListMembersQuery,
  MemberListResponse,
  MemberResponse,
  OneMemberQuery,
  PatchMemberRequest,
  RemoveMemberQuery,
  toMemberResponse,
} from './members.dto.js';
import { MembersService } from './members.service.js';
import { placeOf } from './place.js';
import { Places } from './places.service.js';

@ApiTags('members')
@Controller('acp/v1/projects/:project/members')
@Allow('authenticated')
@ApiFailures(401, 403, 404, 422)
export class ProjectMembersController {
  constructor(
    private readonly members: MembersService,
    private readonly places: Places,
  ) {}

  /** Lists the members of a project, by name. */
  @Get()
  @ApiOperation({ operationId: 'listProjectMembers' })
  @ApiFailures(400)
  async list(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() query: ListMembersQuery,
  ): Promise<MemberListResponse> {
    return this.members.list({ places: [placeOf(await this.places.open(caller, { project }, 'get'))] }, query);
  }

  /** Makes a user or group a member of a project. The user need not have logged in yet. */
  @Post()
  @ApiOperation({ operationId: 'addProjectMember' })
  @ApiFailures(400, 409, 413, 415)
  async add(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Body() { subject, role }: AddMemberRequest,
  ): Promise<MemberResponse> {
    const place = await this.places.open(caller, { project }, 'create');
    return toMemberResponse(await this.members.add(caller, place, subject, role));
  }

  /** Gives a member another role, in the place of all that it has in the project. */
  @Patch(':user')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchProjectMember' })
  @ApiFailures(400, 413, 415)
  async patch(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Param('user') name: string,
    @Query() { kind = 'User' }: OneMemberQuery,
    @Body() { role }: PatchMemberRequest,
  ): Promise<MemberResponse> {
    const place = await this.places.open(caller, { project }, 'update');
    return toMemberResponse(await this.members.change(caller, place, { kind, name }, role));
  }

  /** Takes a member's roles in a project; in clusters too, at the next request. */
  @Delete(':user')
  @HttpCode(204)
  @ApiOperation({ operationId: 'removeProjectMember' })
  async remove(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Param('user') name: string,
    @Query() { kind = 'User', role }: RemoveMemberQuery,
  ): Promise<void> {
    await this.members.remove(await this.places.open(caller, { project }, 'delete'), { kind, name }, role);
  }
}
