import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import { type Client, cleanUserAgent } from './client.js';

/** Address and user agent of the client, as a parameter of a handler. */
export const SentBy = createParamDecorator((_: unknown, context: ExecutionContext): Client => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return { address: request.clientAddress ?? 'unknown', userAgent: cleanUserAgent(request.headers['user-agent']) };
});
