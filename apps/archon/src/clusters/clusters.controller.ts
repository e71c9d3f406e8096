import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { ClusterListResponse, ClusterResponse, CreateClusterRequest, UpdateClusterRequest } from './clusters.dto.js';
import { SortedClustersQuery, WriteQuery } from './clusters-query.dto.js';
import { ClustersService } from './clusters.service.js';

@ApiTags('clusters')
@Controller('acp/v1/clusters')
@ApiFailures(401, 403)
export class ClustersController {
  constructor(private readonly clusters: ClustersService) {}

  /** Registers a cluster after asking it who it is, and installs what Archon needs there as far as the credential may. */
  @Post()
  @Allow('administrator')
  @ApiOperation({ operationId: 'createCluster' })
  @ApiFailures(400, 409, 413, 415, 422, 503, 504)
  create(@Caller() caller: Principal, @Body() request: CreateClusterRequest, @Query() { dryRun }: WriteQuery): Promise<ClusterResponse> {
    return this.clusters.create(caller, request, dryRun === 'All');
  }

  /** Lists the clusters that the caller may see, with their version and state as they are known. */
  @Get()
  @Allow('authenticated')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listClusters' })
  @ApiFailures(400, 410, 422)
  list(@Caller() caller: Principal, @Query() query: SortedClustersQuery): Promise<ClusterListResponse> {
    return this.clusters.list(caller, query);
  }

  /** Gets one cluster. */
  @Get(':cluster')
  @Allow('authenticated')
  @Scoped({ reach: 'cluster' })
  @ApiOperation({ operationId: 'getCluster' })
  @ApiFailures(404)
  get(@Caller() caller: Principal, @Param('cluster') cluster: string): Promise<ClusterResponse> {
    return this.clusters.get(caller, cluster);
  }

  /** Changes a cluster; a new credential is tried before it replaces the old one. */
  @Patch(':cluster')
  @Allow('administrator')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchCluster' })
  @ApiFailures(400, 404, 409, 413, 415, 422, 503, 504)
  patch(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Body() request: UpdateClusterRequest,
    @Query() { dryRun }: WriteQuery,
  ): Promise<ClusterResponse> {
    return this.clusters.patch(caller, cluster, request, dryRun === 'All');
  }

  /** Forgets a cluster; nothing in the cluster is touched. */
  @Delete(':cluster')
  @HttpCode(204)
  @Allow('administrator')
  @ApiOperation({ operationId: 'deleteCluster' })
  @ApiFailures(404)
  delete(@Param('cluster') cluster: string): Promise<void> {
    return this.clusters.delete(cluster);
  }
}
