import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { SearchListResponse, SearchQuery } from './search.dto.js';
import { Search } from './search.service.js';

@ApiTags('search')
@Controller('acp/v1/search')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 422)
export class SearchController {
  constructor(private readonly search: Search) {}

  /** Lists a kind over all clusters from the index: what the caller may list there, sorted, selected, counted; no cluster is waited for. `resource` is `pods` or `deployments.apps`. */
  @Get(':resource')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchObjects' })
  @ApiFailures(404, 410)
  list(@Caller() caller: Principal, @Param('resource') resource: string, @Query() query: SearchQuery): Promise<SearchListResponse> {
    return this.search.list(caller, resource, query);
  }
}
