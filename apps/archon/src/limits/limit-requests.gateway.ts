import type { FastifyInstance } from 'fastify';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import type { AnonymousRequests } from './anonymous-requests.service.js';
import type { ConnectionLimits } from './connection-limits.service.js';
import type { UserRequests } from './user-requests.service.js';

interface LimitedRequest extends AuthenticatedRequest {
  /** Whose request this was counted as. */
  countedFor?: string;
}

/** The limits of Archon's own routes; runs behind `authenticateRequests`, which finds the caller. */
export function limitRequests(
  fastify: FastifyInstance,
  limits: { anonymous: AnonymousRequests; connections: ConnectionLimits; users: UserRequests },
): void {
  fastify.addHook('onRequest', (request: LimitedRequest, _reply, done) => {
    const { principal } = request;
    if (principal === undefined) {
      limits.anonymous.count(request.clientAddress ?? '');
      done();
      return;
    }
    limits.connections.authenticated(request.raw);
    limits.users.enter(principal.user);
    request.countedFor = principal.user;
    done();
  });
  fastify.addHook('onResponse', (request: LimitedRequest, _reply, done) => {
    if (request.countedFor !== undefined) limits.users.leave(request.countedFor);
    done();
  });
}
