import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { SearchEvent } from './search-watch.service.js';
import type { ListAnswer, ListHeaders } from './search.service.js';

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
