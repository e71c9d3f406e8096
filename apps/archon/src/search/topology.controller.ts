import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { TopologyQuery, TopologyResponse } from './topology.dto.js';
import { Topologies, type Topology } from './topologies.service.js';

@ApiTags('search')
@Controller('acp/v1/kubernetes/:cluster/topology')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 422, 503, 504)
export class TopologyController {
  constructor(private readonly topologies: Topologies) {}

  /** What hangs together with an object: owners, references, selectors, in `depth` steps, of what the caller may list. `kind` is `deployment` or `deployments`. */
  @Get(':namespace/:kind/:name')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'getTopology' })
  @ApiOkResponse({ type: TopologyResponse })
  get(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('kind') kind: string,
    @Param('name') name: string,
    @Query() { depth = 2 }: TopologyQuery,
  ): Promise<Topology> {
    return this.topologies.of(caller, { cluster, namespace, kind, name }, depth);
  }
}
