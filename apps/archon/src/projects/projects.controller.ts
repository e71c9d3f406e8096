import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { AppConfig } from '../config.module.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { singleDocument } from '../http/read-body.js';
import type { OperationResponse } from '../operations/operations.service.js';
import { PROJECT_EXAMPLE, PROJECT_PATCH_EXAMPLE } from './project-examples.js';
import { selectProjects } from './project-list.js';
import {
  DeleteProjectQuery,
  ListProjectsQuery,
  ProjectChangeQuery,
  ProjectListResponse,
  ProjectQuotaListResponse,
  ProjectResponse,
} from './projects.dto.js';
import { ProjectsService } from './projects.service.js';

const BODY = { required: true, schema: { type: 'object', additionalProperties: true } } as const;

const OPERATION = { $ref: '#/components/schemas/OperationResponse' };

@ApiTags('projects')
@Controller('acp/v1/projects')
@Allow('authenticated')
@ApiFailures(400, 401, 403)
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly config: AppConfig,
  ) {}

  /** Creates a project with its clusters, quotas and administrators; its own namespace is made in each of its clusters. */
  @Post()
  @ApiOperation({ operationId: 'createProject' })
  @ApiBody({ ...BODY, examples: { project: { summary: 'A project in two clusters', value: PROJECT_EXAMPLE } } })
  @ApiFailures(409, 413, 415, 422)
  create(@Caller() caller: Principal, @Query() { dryRun }: ProjectChangeQuery, @Body() body: unknown): Promise<ProjectResponse> {
    return this.projects.create(caller, singleDocument(body), { dryRun: dryRun === 'All' });
  }

  /** Lists the projects that the caller may see. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listProjects' })
  async list(@Caller() caller: Principal, @Query() query: ListProjectsQuery): Promise<ProjectListResponse> {
    return selectProjects(await this.projects.list(caller), query, this.config.labelBaseDomain);
  }

  /** Gets one project. */
  @Get(':project')
  @ApiOperation({ operationId: 'getProject' })
  @ApiFailures(404)
  get(@Caller() caller: Principal, @Param('project') project: string): Promise<ProjectResponse> {
    return this.projects.get(caller, project);
  }

  /** Changes a project. Clusters, quotas and assigned resources are for those who may make projects. */
  @Patch(':project')
  @ApiOperation({ operationId: 'patchProject' })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiBody({ ...BODY, examples: { quota: { summary: 'Another quota', value: PROJECT_PATCH_EXAMPLE } } })
  @ApiFailures(404, 409, 413, 415, 422)
  patch(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() { dryRun }: ProjectChangeQuery,
    @Body() body: unknown,
  ): Promise<ProjectResponse> {
    return this.projects.patch(caller, project, singleDocument(body), { dryRun: dryRun === 'All' });
  }

  /** Deletes a project; its namespaces are kept outside of it or deleted, as asked. */
  @Delete(':project')
  @HttpCode(202)
  @ApiOperation({ operationId: 'deleteProject' })
  @ApiAcceptedResponse({ description: 'The operation over all clusters; it waits for those that are away', schema: OPERATION })
  @ApiFailures(404, 409)
  delete(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() { namespaces }: DeleteProjectQuery,
  ): Promise<OperationResponse> {
    return this.projects.delete(caller, project, namespaces);
  }

  /** Tells per cluster the project's quota, what its namespaces have taken of it, and what is left. */
  @Get(':project/quota')
  @ApiOperation({ operationId: 'getProjectQuota' })
  @ApiFailures(404)
  async quota(@Caller() caller: Principal, @Param('project') project: string): Promise<ProjectQuotaListResponse> {
    return { items: await this.projects.quotas(caller, project) };
  }
}
