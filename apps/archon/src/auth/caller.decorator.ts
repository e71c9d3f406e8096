import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { unauthorized } from '#errors';
import type { Principal } from './principal.js';

export interface AuthenticatedRequest extends FastifyRequest {
  principal?: Principal;
  /** Where the request comes from, seen past trusted proxies. */
  clientAddress?: string;
  /** Why it could not be found out who sends the request: a matter only for routes that need to know. */
  authenticationFailure?: Error;
}

/** The authenticated caller, as a parameter of a handler. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (principal === undefined) throw unauthorized();
  return principal;
});
