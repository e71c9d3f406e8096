import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { stringify } from 'yaml';
import { Allow } from '../auth/allow.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { bootstrapManifest } from './bootstrap-manifest.js';
import { BootstrapQuery, NamedBootstrapQuery } from './clusters-query.dto.js';
import { ClustersService } from './clusters.service.js';

const schema = { type: 'object', additionalProperties: true };
const MANIFEST = {
  status: 200,
  description: 'A List for "kubectl apply -f -", as YAML unless JSON is asked for',
  content: { 'application/json': { schema }, 'application/yaml': { schema } },
};

@ApiTags('clusters')
@Controller('acp/v1')
@Allow('auditor')
@ApiFailures(401, 403, 422)
export class BootstrapManifestController {
  constructor(private readonly clusters: ClustersService) {}

  /** The ServiceAccount, its token and the rights that Archon needs, for a cluster that is to be registered. */
  @Get('bootstrap-manifest')
  @ApiOperation({ operationId: 'getBootstrapManifest' })
  @ApiResponse(MANIFEST)
  forNew(
    @Query() query: NamedBootstrapQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): object | string {
    return render(bootstrapManifest(query.name, query.groups, { serviceAccounts: query.serviceAccounts === 'true' }), accept, reply);
  }

  /** The same for a registered cluster, to give it a credential with no more rights than needed. */
  @Get('clusters/:cluster/bootstrap-manifest')
  @ApiOperation({ operationId: 'getClusterBootstrapManifest' })
  @ApiResponse(MANIFEST)
  @ApiFailures(404)
  async forRegistered(
    @Param('cluster') cluster: string,
    @Query() query: BootstrapQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object | string> {
    await this.clusters.requireRegistered(cluster);
    return render(bootstrapManifest(cluster, query.groups, { serviceAccounts: query.serviceAccounts === 'true' }), accept, reply);
  }
}

function render(manifest: object, accept: string | undefined, reply: FastifyReply): object | string {
  if (accept?.includes('application/json') === true) return manifest;
  reply.type('application/yaml');
  return stringify(manifest, { aliasDuplicateObjects: false });
}
