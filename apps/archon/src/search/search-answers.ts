import { Readable } from 'node:stream';
import { applyDecorators, StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { SearchEvent } from './search-watch.service.js';
import { SearchListResponse, SearchTableResponse } from './search.dto.js';
import type { ListAnswer, ListHeaders } from './search.service.js';

/** Describes the answers of a list: itself, as a Table, and that it has not changed. */
export const ApiListAnswers = (): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(SearchListResponse, SearchTableResponse),
    ApiOkResponse({
      description: 'A list, or a Table',
      schema: { oneOf: [SearchListResponse, SearchTableResponse].map((model) => ({ $ref: getSchemaPath(model) })) },
    }),
    ApiResponse({ status: 304, description: 'Nothing that the list shows has changed since the answer whose ETag is in If-None-Match' }),
  );

/** The tag is a weak one: how long ago clusters were heard may differ. */
export function tagged(reply: FastifyReply, { entityTag, body }: ListAnswer): ListAnswer['body'] {
  void reply.header('etag', `W/${entityTag}`);
  if (body === undefined) void reply.status(304);
  return body;
}

/** One event per line, or one per message of an event stream. */
export function streamed(reply: FastifyReply, events: AsyncIterable<SearchEvent>, { accept }: ListHeaders): StreamableFile {
  const isEventStream = accept?.includes('text/event-stream') === true;
  const lines = (async function* () {
    reply.raw.flushHeaders();
    for await (const event of events) yield isEventStream ? `data: ${JSON.stringify(event)}\n\n` : `${JSON.stringify(event)}\n`;
  })();
  return new StreamableFile(Readable.from(lines, { objectMode: false }), {
    type: isEventStream ? 'text/event-stream' : 'application/json',
  });
}
