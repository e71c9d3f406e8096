import { Controller, Get, Headers, Param, Query, Res, type StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { ApiListAnswers } from './list-answers.decorator.js';
import { streamed, tagged } from './search-answers.gateway.js';
import { SearchWatch } from './search-watch.service.js';
import { SearchAllQuery, WatchableSearchQuery } from './search.dto.js';
import { type ListAnswer, type ListHeaders, Search } from './search.service.js';

@ApiTags('search')
@Controller('acp/v1/search')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 410, 422, 503, 504)
export class SearchController {
  constructor(
    private readonly search: Search,
    private readonly watches: SearchWatch,
  ) {}

  /** Searches all kinds in all clusters at once, in the index: what the caller may list there. As a Table where `Accept` asks for one. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchAllObjects' })
  @ApiListAnswers()
  async listAll(
    @Caller() caller: Principal,
    @Query() query: SearchAllQuery,
    @Headers() headers: ListHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListAnswer['body']> {
    return tagged(reply, await this.search.listAll(caller, query, headers));
  }

  /** Lists a kind over all clusters from the index: what the caller may list there, sorted, selected, counted; no cluster is waited for. `resource` is `pods` or `deployments.apps`. As a Table where `Accept` asks for one; with `watch=true` as events. */
  @Get(':resource')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchObjects' })
  @ApiListAnswers()
  async list(
    @Caller() caller: Principal,
    @Param('resource') resource: string,
    @Query() { watch, timeoutSeconds, ...query }: WatchableSearchQuery,
    @Headers() headers: ListHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListAnswer['body'] | StreamableFile> {
    if (watch !== 'true' && watch !== '1') return tagged(reply, await this.search.list(caller, resource, query, headers));
    const events = await this.watches.begin(caller, resource, { ...query, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) });
    return streamed(reply, events, headers);
  }
}
