import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { ResourceSearchQuery, SearchListResponse } from './search.dto.js';
import { type ListAnswer, Search } from './search.service.js';

/** The list path of a Kubernetes API, after `/acp/v1/resources/search`, says what is searched; the version does not matter. */
@ApiTags('search')
@Controller('acp/v1/resources/search/kubernetes/:cluster')
@Allow('authenticated')
@ApiParam({ name: 'version', schema: { type: 'string' }, description: 'Of the API; the index has one version of each kind', example: 'v1' })
@ApiFailures(400, 401, 403, 404, 410, 422, 503, 504)
export class ResourceSearchController {
  constructor(private readonly search: Search) {}

  /** Searches the core group of a cluster by a word in a field, in the index. */
  @Get('api/:version/:resource')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchCoreResources' })
  @ApiOkResponse({ type: SearchListResponse })
  core(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('resource') resource: string,
    @Query() query: ResourceSearchQuery,
  ): Promise<ListAnswer['body']> {
    return this.search.inCluster(caller, { cluster, group: '', resource }, query);
  }

  /** Searches a namespace for objects of the core group by a word in a field, in the index. */
  @Get('api/:version/namespaces/:namespace/:resource')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchCoreResourcesOfNamespace' })
  @ApiOkResponse({ type: SearchListResponse })
  coreOfNamespace(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('resource') resource: string,
    @Query() query: ResourceSearchQuery,
  ): Promise<ListAnswer['body']> {
    return this.search.inCluster(caller, { cluster, group: '', resource, namespace }, query);
  }

  /** Searches a group of a cluster by a word in a field, in the index. */
  @Get('apis/:group/:version/:resource')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchResources' })
  @ApiOkResponse({ type: SearchListResponse })
  group(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('group') group: string,
    @Param('resource') resource: string,
    @Query() query: ResourceSearchQuery,
  ): Promise<ListAnswer['body']> {
    return this.search.inCluster(caller, { cluster, group, resource }, query);
  }

  /** Searches a namespace for objects of a group by a word in a field, in the index. */
  @Get('apis/:group/:version/namespaces/:namespace/:resource')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchResourcesOfNamespace' })
  @ApiOkResponse({ type: SearchListResponse })
  groupOfNamespace(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('group') group: string,
    @Param('namespace') namespace: string,
    @Param('resource') resource: string,
    @Query() query: ResourceSearchQuery,
  ): Promise<ListAnswer['body']> {
    return this.search.inCluster(caller, { cluster, group, resource, namespace }, query);
  }
}
