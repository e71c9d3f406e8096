import type { FastifyInstance } from 'fastify';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import type { AnonymousRequests } from './anonymous-requests.service.js';
import type { ConnectionLimits } from './connection-limits.service.js';
import type { UserRequests } from './user-requests.service.js';

/** The limits of Archon's own routes; runs behind `authenticateRequests`, which finds the caller. */
export function limitRequests(
  fastify: FastifyInstance,
  limits: { anonymous: AnonymousRequests; connections: ConnectionLimits; users: UserRequests },
): void {
  fastify.addHook('onRequest', (request: AuthenticatedRequest, reply, done) => {
    const { principal } = request;
    if (principal === undefined) {
      // Not when it could not be found out: while the database is away nobody with a good credential shall count as a stranger.
      if (request.authenticationFailure === undefined) limits.anonymous.count(request.clientAddress ?? '');
      done();
      return;
    }
    limits.connections.authenticated(request.raw);
    limits.users.enter(principal.user);
    // Not onResponse: a request that its client gives up has none.
    reply.raw.once('close', () => limits.users.leave(principal.user));
    done();
  });
}
