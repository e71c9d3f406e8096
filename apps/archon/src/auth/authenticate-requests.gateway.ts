import type { FastifyInstance } from 'fastify';
import type { Authenticator } from './authenticator.service.js';
import type { AuthenticatedRequest } from './caller.decorator.js';

/** Finds out who sends each request before its body is read. The guard of the route decides what follows from it. */
export function authenticateRequests(fastify: FastifyInstance, authenticator: Authenticator): void {
  fastify.addHook('onRequest', async (request: AuthenticatedRequest) => {
    try {
      request.principal = await authenticator.find(request.headers);
    } catch (failure) {
      request.authenticationFailure = failure as Error;
    }
  });
}
