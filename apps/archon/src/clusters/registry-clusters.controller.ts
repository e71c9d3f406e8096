import { Readable } from 'node:stream';
import { Controller, Get, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { RegistryClustersQuery } from './clusters-query.dto.js';
import { RegistryClusters } from './registry-clusters.service.js';

@ApiTags('clusters')
@Controller('auth/v1/clusters')
@Allow('authenticated')
@ApiFailures(401, 403)
export class RegistryClustersController {
  constructor(private readonly clusters: RegistryClusters) {}

  /** Lists, or with `watch=true` watches, the clusters that the caller may see, in the shape of `clusterregistry.k8s.io/v1alpha1`. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listRegistryClusters', summary: 'Lists the clusters that the caller may see, or watches them' })
  @ApiOkResponse({ description: 'A ClusterList; of a watch, one event per line', schema: { type: 'object', additionalProperties: true } })
  @ApiFailures(400, 410, 422)
  list(
    @Caller() caller: Principal,
    @Query() query: RegistryClustersQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> | StreamableFile {
    if (query.watch !== true) return this.clusters.list(caller, query);
    const lines = this.clusters.watch(caller, query, () => reply.raw.flushHeaders());
    return new StreamableFile(Readable.from(lines, { objectMode: false }), { type: 'application/json' });
  }
}
