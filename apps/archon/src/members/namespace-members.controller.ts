import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { Importing } from './importing.service.js';
import {
  AddMemberRequest,
  ImportMembersRequest,
  ListNamespaceMembersQuery,
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
@Controller('acp/v1/kubernetes/:cluster/namespaces/:namespace')
@Allow('authenticated')
@ApiFailures(401, 403, 404, 422)
export class NamespaceMembersController {
  constructor(
    private readonly members: MembersService,
    private readonly importing: Importing,
    private readonly places: Places,
  ) {}

  /** Lists the members of a namespace, or those of its project that can be imported, by name. */
  @Get('members')
  @ApiOperation({ operationId: 'listNamespaceMembers' })
  @ApiFailures(400)
  async list(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Query() { importable, ...query }: ListNamespaceMembersQuery,
  ): Promise<MemberListResponse> {
    const place = await this.places.open(caller, { cluster, namespace }, 'list');
    return importable === 'true' ? this.importing.list(caller, place, query) : this.members.list({ places: [placeOf(place)] }, query);
  }

  /** Makes a user or group a member of a namespace. The user need not have logged in yet. */
  @Post('members')
  @ApiOperation({ operationId: 'addNamespaceMember' })
  @ApiFailures(400, 409, 413, 415)
  async add(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Body() { subject, role }: AddMemberRequest,
  ): Promise<MemberResponse> {
    const place = await this.places.open(caller, { cluster, namespace }, 'create');
    return toMemberResponse(await this.members.add(caller, place, subject, role));
  }

  /** Makes members of the project members of the namespace: one, several or all. */
  @Post('memberimports')
  @ApiOperation({ operationId: 'importNamespaceMembers' })
  @ApiFailures(400, 413, 415)
  async import(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Body() request: ImportMembersRequest,
  ): Promise<MemberListResponse> {
    return this.importing.run(caller, await this.places.open(caller, { cluster, namespace }, 'create'), request);
  }

  /** Gives a member another role, in the place of all that it has in the namespace. */
  @Patch('members/:user')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchNamespaceMember' })
  @ApiFailures(400, 413, 415)
  async patch(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('user') name: string,
    @Query() { kind = 'User' }: OneMemberQuery,
    @Body() { role }: PatchMemberRequest,
  ): Promise<MemberResponse> {
    const place = await this.places.open(caller, { cluster, namespace }, 'update');
    return toMemberResponse(await this.members.change(caller, place, { kind, name }, role));
  }

  /** Takes a member's roles in a namespace; in the cluster too, at the next request. */
  @Delete('members/:user')
  @HttpCode(204)
  @ApiOperation({ operationId: 'removeNamespaceMember' })
  async remove(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('user') name: string,
    @Query() { kind = 'User', role }: RemoveMemberQuery,
  ): Promise<void> {
    await this.members.remove(await this.places.open(caller, { cluster, namespace }, 'delete'), { kind, name }, role);
  }
}
