import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { ApiListAnswers } from './list-answers.decorator.js';
import { tagged } from './search-answers.gateway.js';
import { SearchQuery } from './search.dto.js';
import { type KnownType, type ListAnswer, type ListHeaders, Search } from './search.service.js';

const APPLICATIONS: KnownType = { group: 'app.k8s.io', version: 'v1beta1', resource: 'applications', objectKind: 'Application' };

@ApiTags('applications')
@Controller('acp/v1')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 410, 422, 503, 504)
export class ApplicationListsController {
  constructor(private readonly search: Search) {}

  /** Lists the Applications of all clusters from the index: what the caller may list there. As a Table where `Accept` asks for one. */
  @Get('applications')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listAllApplications' })
  @ApiListAnswers()
  async all(
    @Caller() caller: Principal,
    @Query() query: SearchQuery,
    @Headers() headers: ListHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListAnswer['body']> {
    return tagged(reply, await this.search.listKnown(caller, APPLICATIONS, query, headers));
  }

  /** Lists the Applications in the namespaces of a project, on all its clusters: what the caller may list there. */
  @Get('projects/:project/applications')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listApplicationsOfProject' })
  @ApiListAnswers()
  async ofProject(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() query: SearchQuery,
    @Headers() headers: ListHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListAnswer['body']> {
    return tagged(reply, await this.search.listKnown(caller, APPLICATIONS, { ...query, projects: [project] }, headers));
  }
}
