import { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { type SearchEvent, SearchWatch } from './search-watch.service.js';
import { SearchAllQuery, SearchListResponse, WatchableSearchQuery } from './search.dto.js';
import { type ListAnswer, type ListHeaders, Search } from './search.service.js';

const UNCHANGED = { status: 304, description: 'Nothing that the list shows has changed since the answer whose ETag is in If-None-Match' };

@ApiTags('search')
@Controller('acp/v1/search')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 410, 422)
export class SearchController {
  constructor(
    private readonly search: Search,
    private readonly watches: SearchWatch,
  ) {}

  /** Searches all kinds in all clusters at once, in the index: what the caller may list there. As a Table where `Accept` asks for one. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'searchAllObjects' })
  @ApiOkResponse({ type: SearchListResponse })
  @ApiResponse(UNCHANGED)
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
  @ApiOkResponse({ type: SearchListResponse })
  @ApiResponse(UNCHANGED)
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

/** One event per line, or one per message of an event stream. */
function streamed(reply: FastifyReply, events: AsyncIterable<SearchEvent>, { accept }: ListHeaders): StreamableFile {
  const isEventStream = accept?.includes('text/event-stream') === true;
  const lines = (async function* () {
    reply.raw.flushHeaders();
    for await (const event of events) yield isEventStream ? `data: ${JSON.stringify(event)}\n\n` : `${JSON.stringify(event)}\n`;
  })();
  return new StreamableFile(Readable.from(lines, { objectMode: false }), {
    type: isEventStream ? 'text/event-stream' : 'application/json',
  });
}

/** The tag is a weak one: how long ago clusters were heard may differ. */
function tagged(reply: FastifyReply, { entityTag, body }: ListAnswer): ListAnswer['body'] {
  void reply.header('etag', `W/${entityTag}`);
  if (body === undefined) void reply.status(304);
  return body;
}
