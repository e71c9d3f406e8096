import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '#errors';

/** Answers bytes that are no HTTP request, in the words of all other failures, and closes the connection. */
export function refuseMalformedRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  endWithFailure(socket, failureOf(error.code));
}

/** Answers on a connection that has no response object, and closes it. */
export function endWithFailure(socket: Duplex, failure: ApiError): void {
  const body = JSON.stringify(failure.toStatus());
  const head = [
    `HTTP/1.1 ${failure.code} ${failure.reason}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** A path that Fastify can't decode, before any route is known. */
export function refuseUnreadablePath(error: Error & { statusCode?: number }, _request: FastifyRequest, reply: FastifyReply): void {
  const failure = new ApiError('BadRequest', `the path cannot be read: ${error.message}`, undefined, { code: error.statusCode ?? 400 });
  void reply.status(failure.code).type('application/json').send(failure.toStatus());
}

function failureOf(code: string | undefined): ApiError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ApiError('Timeout', 'the request did not arrive in time', undefined, { code: 408 });
  if (code === 'HPE_HEADER_OVERFLOW')
    return new ApiError('BadRequest', 'the headers of the request are too large', undefined, { code: 431 });
  return new ApiError('BadRequest', 'the request is not well-formed HTTP');
}
