import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import type { OperationResponse } from '../operations/operations.service.js';
import { OfficialDeleteProjectQuery, OfficialListQuery, OfficialNamespaceListResponse } from './official-projects.dto.js';
import { readReclaim } from './official-projects.js';
import { OfficialProjects } from './official-projects.service.js';
import { ProjectListResponse } from './projects.dto.js';
import { ProjectsService } from './projects.service.js';

const OPERATION = { $ref: '#/components/schemas/OperationResponse' };

/** Projects on the paths of the official API. */
@ApiTags('projects')
@Controller('auth/v1/projects')
@Allow('authenticated')
@ApiFailures(400, 401, 403)
export class OfficialProjectsController {
  constructor(
    private readonly official: OfficialProjects,
    private readonly projects: ProjectsService,
  ) {}

  /** Lists the projects that the caller may see; one of them by `fieldSelector=metadata.name=<project>`. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listOfficialProjects' })
  @ApiFailures(405, 422)
  list(@Caller() caller: Principal, @Query() query: OfficialListQuery): Promise<ProjectListResponse> {
    return this.official.list(caller, query);
  }

  /** Deletes a project. Answers when the deletion has begun: the operation goes on by itself. */
  @Delete(':project')
  @ApiOperation({ operationId: 'deleteOfficialProject' })
  @ApiOkResponse({ description: 'The operation over all clusters; it waits for those that are away', schema: OPERATION })
  @ApiFailures(404, 409, 422)
  delete(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() { reclaim }: OfficialDeleteProjectQuery,
  ): Promise<OperationResponse> {
    return this.projects.delete(caller, project, readReclaim(reclaim));
  }

  /** Lists the namespaces of a project in one of its clusters, as they were last seen there. */
  @Get(':project/clusters/:cluster/namespaces')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listOfficialProjectNamespaces' })
  @ApiFailures(405, 422)
  namespaces(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Param('cluster') cluster: string,
    @Query() query: OfficialListQuery,
  ): Promise<OfficialNamespaceListResponse> {
    return this.official.listNamespaces(caller, project, cluster, query);
  }
}
