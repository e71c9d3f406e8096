import { Controller, Get, Headers, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { PublicEndpoint } from '../http/public-endpoint.service.js';
import { ClustersService } from './clusters.service.js';
import { proxyKubeconfig } from './proxy-kubeconfig.js';

@ApiTags('clusters')
@Controller('auth/v1/clusters')
@Allow('authenticated')
@ApiFailures(401, 403)
export class KubeconfigController {
  constructor(
    private readonly clusters: ClustersService,
    private readonly endpoint: PublicEndpoint,
  ) {}

  /** A kubeconfig with which kubectl and helm work on the cluster through Archon, as the caller, with the token of this request. */
  @Get(':cluster/kubeconfig')
  @Scoped({ reach: 'cluster', verbs: [] })
  @ApiOperation({ operationId: 'getKubeconfig' })
  @ApiOkResponse({ description: 'A kubeconfig with the context proxy-connect', schema: { type: 'object', additionalProperties: true } })
  @ApiFailures(404, 503)
  async kubeconfig(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Headers('authorization') authorization: string,
  ): Promise<object> {
    const { name } = await this.clusters.connection(cluster);
    const { url, certificateAuthority } = this.endpoint;
    return proxyKubeconfig({ url, certificateAuthority, cluster: name, user: caller.user, token: authorization.slice('Bearer '.length) });
  }
}
