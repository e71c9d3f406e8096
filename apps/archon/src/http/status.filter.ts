import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { QueryFailedError } from 'typeorm';
import { ApiError, requestTooLarge, unsupportedMediaType } from '#errors';
import type { Logger } from '#log';
import { ACCEPTED_MEDIA_TYPES } from './body-parsers.gateway.js';
import { databaseAway } from './database-failure.js';

const UNIQUE_VIOLATION = '23505';
/** Postgres takes no NUL in a text (character_not_in_repertoire, untranslatable_character). */
const UNSTORABLE_TEXT = new Set(['22021', '22P05']);

/** Every failure leaves as a Kubernetes `Status`. What isn't meant for the caller is logged and becomes a fixed message. */
@Catch()
export class StatusFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const failure = toApiError(error, request);
    if (failure.code >= 500) this.logger.error({ requestId: request.id, err: error }, 'request failed');
    if (failure.details?.retryAfterSeconds !== undefined) reply.header('retry-after', failure.details.retryAfterSeconds);
    if (failure.code === 401) reply.header('www-authenticate', 'Bearer');
    void reply.status(failure.code).type('application/json').send(failure.toStatus());
  }
}

function toApiError(error: unknown, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof HttpException) return fromHttpException(error, request);
  const away = databaseAway(error);
  if (away !== undefined) return away;
  if (error instanceof QueryFailedError) return fromDatabase(error);
  // Fastify's own errors: malformed framing, too large, unknown media type.
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500)
    return fromFastify(error, error.statusCode, request);
  return new ApiError('InternalError', `an internal error occurred; the log has it under request ${request.id}`);
}

function fromHttpException(error: HttpException, request: FastifyRequest): ApiError {
  const code = error.getStatus();
  if (code === 404)
    return new ApiError('NotFound', `the server could not find the requested resource: ${request.method} ${request.url.split('?')[0]}`);
  if (code >= 500) return new ApiError('InternalError', `an internal error occurred; the log has it under request ${request.id}`);
  if (code === 413 || code === 415) return fromFastify(error, code, request); // Nest has wrapped it
  return ApiError.fromStatus({ message: error.message }, code);
}

function fromFastify(error: Error, code: number, request: FastifyRequest): ApiError {
  if (code === 413) return requestTooLarge(request.routeOptions.bodyLimit ?? 0);
  if (code === 415) return unsupportedMediaType(request.headers['content-type'] ?? '', ACCEPTED_MEDIA_TYPES);
  return ApiError.fromStatus({ message: error.message }, code);
}

function fromDatabase(error: Error): ApiError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === UNIQUE_VIOLATION) return new ApiError('AlreadyExists', 'an object with this name exists already');
  if (UNSTORABLE_TEXT.has(code)) return new ApiError('BadRequest', 'a text in the request contains a character that cannot be stored');
  return new ApiError('InternalError', 'an internal error occurred');
}
