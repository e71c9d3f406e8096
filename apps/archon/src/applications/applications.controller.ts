import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { KubernetesList, KubernetesObject } from '#kubernetes';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { Documents } from '../http/documents.decorator.js';
import { ApiApplicationBody, ApiCreateApplicationBody, MediaType } from './application-body.decorator.js';
import { APPLICATION_PATCH_EXAMPLE } from './application-examples.js';
import { PATCH_MEDIA_TYPES } from './application-patch.js';
import {
  ChangeQuery,
  CreateApplicationQuery,
  ListApplicationsQuery,
  toOptions,
  toUpdateOptions,
  UpdateApplicationQuery,
} from './applications.dto.js';
import { ApplicationsService } from './applications.service.js';
import { ApplicationForms } from './forms/application-forms.service.js';

const APPLICATION = { description: 'The Application with its status', schema: { $ref: '#/components/schemas/Application' } };

/** Components appear, change and disappear with their application. */
const CHANGES_COMPONENTS = { verbs: ['create', 'update', 'patch', 'delete'] };

@ApiTags('applications')
@Controller('acp/v1/kubernetes/:cluster/namespaces/:namespace/applications')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 503, 504)
export class ApplicationsController {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly forms: ApplicationForms,
  ) {}

  /** Creates an application and its components, all or nothing: from documents, or from the form of an image. */
  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'createApplication' })
  @ApiCreateApplicationBody()
  @ApiOkResponse(APPLICATION)
  @ApiFailures(409, 413, 415, 422)
  create(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Query() query: CreateApplicationQuery,
    @Documents() documents: unknown[],
  ): Promise<KubernetesObject> {
    return this.forms.create(caller, { cluster, namespace }, documents, { ...toOptions(query), from: query.from, name: query.name });
  }

  /** Lists the applications of a namespace with their status. */
  @Get()
  @ApiOperation({ operationId: 'listApplications' })
  @ApiOkResponse({ description: 'An ApplicationList', schema: { $ref: '#/components/schemas/ApplicationList' } })
  @ApiFailures(422)
  list(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Query() query: ListApplicationsQuery,
  ): Promise<KubernetesList> {
    return this.applications.list(caller, { cluster, namespace }, { ...query });
  }

  /** Gets an application: the Application with its status, then its components as they are. */
  @Get(':name')
  @ApiOperation({ operationId: 'getApplication' })
  @ApiOkResponse({
    description: 'The Application, then its components',
    schema: { type: 'array', items: { $ref: '#/components/schemas/KubernetesObject' } },
  })
  get(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
  ): Promise<KubernetesObject[]> {
    return this.applications.get(caller, { cluster, namespace }, name);
  }

  /** Makes an application what the body says; components that the body leaves out are removed, unchanged ones are not touched. */
  @Put(':name')
  @Scoped(CHANGES_COMPONENTS)
  @ApiOperation({ operationId: 'replaceApplication' })
  @ApiApplicationBody()
  @ApiOkResponse(APPLICATION)
  @ApiFailures(409, 413, 415, 422)
  replace(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: UpdateApplicationQuery,
    @Documents() documents: unknown[],
  ): Promise<KubernetesObject> {
    return this.applications.replace(caller, { cluster, namespace }, name, documents, toUpdateOptions(query));
  }

  /** Changes an application by a merge patch, a JSON patch, or by applying documents. */
  @Patch(':name')
  @Scoped(CHANGES_COMPONENTS)
  @ApiOperation({ operationId: 'patchApplication' })
  @ApiConsumes(...PATCH_MEDIA_TYPES)
  @ApiBody({ schema: {}, examples: { merge: { summary: 'A merge patch', value: APPLICATION_PATCH_EXAMPLE } } })
  @ApiOkResponse(APPLICATION)
  @ApiFailures(409, 413, 415, 422)
  patch(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: UpdateApplicationQuery,
    @MediaType() mediaType: string,
    @Documents() documents: unknown[],
  ): Promise<KubernetesObject> {
    return this.applications.patch(caller, { cluster, namespace }, name, mediaType, documents, toUpdateOptions(query));
  }

  /** Deletes an application and its components. */
  @Delete(':name')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteApplication' })
  @ApiNoContentResponse({ description: 'The cluster has accepted the deletion of everything' })
  @ApiFailures(409, 422)
  delete(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: ChangeQuery,
  ): Promise<void> {
    return this.applications.delete(caller, { cluster, namespace }, name, { dryRun: query.dryRun === 'All' });
  }
}
