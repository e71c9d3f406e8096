import { Controller, Get, Headers, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { PublicEndpoint } from '../http/public-endpoint.service.js';
import { clusterKubeconfig } from './cluster-kubeconfig.js';
import { KubeconfigResponse } from './kubeconfig.dto.js';
import { ClustersService } from './clusters.service.js';

@ApiTags('clusters')
@Controller('auth/v1/clusters')
@Allow('authenticated')
@ApiFailures(401, 403)
export class KubeconfigController {
  constructor(
    private readonly clusters: ClustersService,
    private readonly archon: PublicEndpoint,
  ) {}

  /**
   * A kubeconfig for the cluster. Its context `proxy-connect` goes through Archon, as the caller, with the token of this request.
   * Administrators also get `direct-connect`: the cluster's own endpoint and CA, without a user.
   */
  @Get(':cluster/kubeconfig')
  @Scoped({ reach: 'cluster', verbs: [] })
  @ApiOperation({
    operationId: 'getKubeconfig',
    summary: 'A kubeconfig with the contexts proxy-connect and, for administrators, direct-connect',
  })
  @ApiOkResponse({ type: KubeconfigResponse })
  @ApiFailures(404, 503)
  async kubeconfig(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Headers('authorization') authorization: string,
  ): Promise<object> {
    const { name, endpoint, certificateAuthority } = await this.clusters.connection(cluster);
    return clusterKubeconfig({
      cluster: name,
      user: caller.user,
      token: authorization.slice('Bearer '.length),
      proxy: { url: this.archon.url, certificateAuthority: this.archon.certificateAuthority },
      direct: caller.isAdministrator ? { url: endpoint, certificateAuthority } : undefined,
    });
  }
}
