import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { PROJECT_EXAMPLE, PROJECT_PATCH_EXAMPLE } from './project-examples.js';
import { ChangeProjectObjectQuery, GetProjectObjectQuery, ListProjectObjectsQuery } from './project-objects.dto.js';
import { ProjectObjects } from './project-objects.service.js';
import { ProjectResponse } from './projects.dto.js';

const OBJECT = { type: 'object', additionalProperties: true } as const;
const BODY = { required: true, schema: OBJECT } as const;

type RequestHeaders = Record<string, string | string[] | undefined>;

/** On the address of the global cluster, with or without `/kubernetes/global` before it. */
@ApiTags('projects')
@Controller('apis/auth.alauda.io/v1/projects')
@Allow('authenticated')
@ApiFailures(400, 401, 403)
export class ProjectObjectsController {
  constructor(private readonly objects: ProjectObjects) {}

  /** Lists the projects that the caller may see, for Kubernetes clients: as a ProjectList, or as a Table where `Accept` asks for one. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listProjectObjects' })
  @ApiOkResponse({ description: 'A ProjectList, or a Table', schema: OBJECT })
  @ApiFailures(405, 422)
  list(@Caller() caller: Principal, @Query() query: ListProjectObjectsQuery, @Headers() headers: RequestHeaders): Promise<object> {
    return this.objects.list(caller, query, headers);
  }

  /** Creates a project, for Kubernetes clients. */
  @Post()
  @ApiOperation({ operationId: 'createProjectObject' })
  @ApiBody({ ...BODY, examples: { project: { summary: 'A project in two clusters', value: PROJECT_EXAMPLE } } })
  @ApiFailures(409, 413, 415, 422)
  create(
    @Caller() caller: Principal,
    @Query() { dryRun }: ChangeProjectObjectQuery,
    @Body() body: unknown,
    @Headers() headers: RequestHeaders,
  ): Promise<ProjectResponse> {
    return this.objects.create(caller, body, { dryRun: dryRun === 'All' }, headers);
  }

  /** Gets one project, for Kubernetes clients. */
  @Get(':project')
  @ApiOperation({ operationId: 'getProjectObject' })
  @ApiOkResponse({ description: 'A Project, or a Table', schema: OBJECT })
  @ApiFailures(404, 422)
  get(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() { includeObject }: GetProjectObjectQuery,
    @Headers() headers: RequestHeaders,
  ): Promise<object> {
    return this.objects.get(caller, project, includeObject, headers);
  }

  /** Changes a project by a JSON merge patch, for Kubernetes clients. */
  @Patch(':project')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchProjectObject' })
  @ApiBody({ ...BODY, examples: { quota: { summary: 'Another quota', value: PROJECT_PATCH_EXAMPLE } } })
  @ApiFailures(404, 409, 413, 415, 422)
  patch(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() { dryRun }: ChangeProjectObjectQuery,
    @Body() body: unknown,
    @Headers() headers: RequestHeaders,
  ): Promise<ProjectResponse> {
    return this.objects.patch(caller, project, body, { dryRun: dryRun === 'All' }, headers);
  }

  /** Deletes a project, its namespaces as its `spec.clusterDeletePolicy` says, for Kubernetes clients. */
  @Delete(':project')
  @ApiOperation({ operationId: 'deleteProjectObject' })
  @ApiOkResponse({ description: 'A Status when it is gone; the Project while a cluster keeps it waiting', schema: OBJECT })
  @ApiFailures(404, 409, 413, 415, 422)
  delete(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() { dryRun }: ChangeProjectObjectQuery,
    @Body() body: unknown,
    @Headers() headers: RequestHeaders,
  ): Promise<object> {
    return this.objects.delete(caller, project, body, { dryRun: dryRun === 'All' }, headers);
  }
}
