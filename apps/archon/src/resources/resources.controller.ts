import { Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { Documents } from '../http/documents.decorator.js';
import { RESOURCES_EXAMPLE } from './resource-examples.js';
import { CreateResourcesQuery } from './resources.dto.js';
import { ResourcesService } from './resources.service.js';

@ApiTags('resources')
@Controller('acp/v1/resources/:cluster/resources')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 503, 504)
export class ResourcesController {
  constructor(private readonly resources: ResourcesService) {}

  /** Creates objects of any kinds that the cluster serves, all or nothing. Each names its namespace; none may exist yet. */
  @Post()
  @HttpCode(204)
  @Scoped({ reach: 'cluster' })
  @ApiOperation({ operationId: 'createResources' })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody({
    required: true,
    description: 'An array of objects, or a `List` of them; YAML may hold each as a document of its own',
    schema: { type: 'array', minItems: 1, maxItems: 100, items: { $ref: '#/components/schemas/KubernetesObject' } },
    examples: { resources: { summary: 'A ConfigMap and a Service', value: RESOURCES_EXAMPLE } },
  })
  @ApiNoContentResponse({ description: 'All objects are created; with `dryRun=All`: all could be' })
  @ApiFailures(409, 413, 415, 422)
  create(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Query() { dryRun }: CreateResourcesQuery,
    @Documents('list') documents: unknown[],
  ): Promise<void> {
    return this.resources.create(caller, cluster, documents, { dryRun: dryRun === 'All' });
  }
}
