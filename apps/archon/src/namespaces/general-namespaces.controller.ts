import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { singleDocument } from '../http/read-body.js';
import { FORM_EXAMPLE, IMPORT_EXAMPLE, OBJECTS_EXAMPLE } from './namespace-examples.js';
import { NamespaceLists } from './namespace-lists.service.js';
import {
  CreateNamespaceQuery,
  GeneralNamespaceResponse,
  ImportableListResponse,
  ListImportableQuery,
  QuotaOverviewResponse,
} from './namespaces.dto.js';
import { NamespacesService } from './namespaces.service.js';

const BODY = { required: true, schema: { type: 'object', additionalProperties: true } } as const;

@ApiTags('namespaces')
@Controller('acp/v1/kubernetes/:cluster')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 503, 504)
export class GeneralNamespacesController {
  constructor(
    private readonly namespaces: NamespacesService,
    private readonly lists: NamespaceLists,
  ) {}

  /** Creates a namespace in a project with its quota, limits, bindings and pull secret: all or nothing. */
  @Post('general-namespaces')
  @HttpCode(200)
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'createGeneralNamespace' })
  @ApiBody({
    ...BODY,
    examples: {
      form: { summary: 'The form', value: FORM_EXAMPLE },
      objects: { summary: 'The objects themselves', value: OBJECTS_EXAMPLE },
    },
  })
  @ApiFailures(409, 413, 415, 422)
  create(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Query() query: CreateNamespaceQuery,
    @Body() body: unknown,
  ): Promise<GeneralNamespaceResponse> {
    return this.namespaces.create(caller, cluster, singleDocument(body), { project: query.project_name, dryRun: query.dryRun === 'All' });
  }

  /** Takes a namespace that exists, and that no project holds, into a project. */
  @Put('general-namespaces/:namespace')
  @ApiOperation({ operationId: 'importGeneralNamespace' })
  @ApiBody({ ...BODY, examples: { import: { summary: 'With the quota that it has', value: IMPORT_EXAMPLE } } })
  @ApiFailures(409, 413, 415, 422)
  import(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Query() query: CreateNamespaceQuery,
    @Body() body: unknown,
  ): Promise<GeneralNamespaceResponse> {
    return this.namespaces.import(caller, cluster, namespace, singleDocument(body), {
      project: query.project_name,
      dryRun: query.dryRun === 'All',
    });
  }

  /** Lists the namespaces of a cluster that a project may take. */
  @Get('general-namespaces')
  @ApiOperation({ operationId: 'listImportableNamespaces' })
  @ApiFailures(422)
  importable(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Query() query: ListImportableQuery,
  ): Promise<ImportableListResponse> {
    return this.lists.importable(caller, cluster, query);
  }

  /** Hard limits and use of a namespace's quota. */
  @Get('namespaceoverviews/:namespace/resourcequota')
  @ApiOperation({ operationId: 'getNamespaceQuotaOverview' })
  overview(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
  ): Promise<QuotaOverviewResponse> {
    return this.namespaces.quotaOverview(caller, cluster, namespace);
  }
}
