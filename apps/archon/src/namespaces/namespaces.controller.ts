import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { singleDocument } from '../http/read-body.js';
import type { OperationResponse } from '../operations/operations.service.js';
import { PATCH_EXAMPLE } from './namespace-examples.js';
import { GeneralNamespaceResponse, NamespaceChangeQuery } from './namespaces.dto.js';
import { NamespacesService } from './namespaces.service.js';

const OPERATION = { $ref: '#/components/schemas/OperationResponse' };

@ApiTags('namespaces')
@Controller('acp/v1/kubernetes/:cluster/namespaces/:namespace')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 503, 504)
export class NamespacesController {
  constructor(private readonly namespaces: NamespacesService) {}

  /** Gets a namespace of a project as it is in its cluster. */
  @Get()
  @ApiOperation({ operationId: 'getNamespace' })
  get(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
  ): Promise<GeneralNamespaceResponse> {
    return this.namespaces.get(caller, cluster, namespace);
  }

  /** Changes quota, limits, security levels, labels, annotations; what is not mentioned stays. */
  @Patch()
  @ApiOperation({ operationId: 'patchNamespace' })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiBody({
    required: true,
    schema: { type: 'object', additionalProperties: true },
    examples: { quota: { summary: 'Another quota', value: PATCH_EXAMPLE } },
  })
  @ApiFailures(409, 413, 415, 422)
  patch(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Query() { dryRun }: NamespaceChangeQuery,
    @Body() body: unknown,
  ): Promise<GeneralNamespaceResponse> {
    return this.namespaces.update(caller, cluster, namespace, singleDocument(body), { dryRun: dryRun === 'All' });
  }

  /** Takes a namespace out of its project and keeps everything in it. */
  @Post('remove')
  @HttpCode(202)
  @Scoped({ verbs: ['delete'] })
  @ApiOperation({ operationId: 'removeNamespace' })
  @ApiAcceptedResponse({ description: 'The operation; it goes on by itself where the cluster is away', schema: OPERATION })
  @ApiFailures(409)
  remove(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
  ): Promise<OperationResponse> {
    return this.namespaces.remove(caller, cluster, namespace);
  }

  /** Deletes a namespace with everything in it. */
  @Delete()
  @HttpCode(202)
  @ApiOperation({ operationId: 'deleteNamespace' })
  @ApiAcceptedResponse({ description: 'The operation; it ends when the namespace is gone', schema: OPERATION })
  @ApiFailures(409)
  delete(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
  ): Promise<OperationResponse> {
    return this.namespaces.delete(caller, cluster, namespace);
  }
}
