import type { FastifyInstance } from 'fastify';
import type { ClientAddresses } from '../http/client-addresses.service.js';
import type { TokenUses } from '../tokens/token-uses.service.js';
import type { Authenticator } from './authenticator.service.js';
import type { AuthenticatedRequest } from './caller.decorator.js';

/** Finds out who sends each request, and from where, before its body is read. The guard of the route decides what follows from it. */
export function authenticateRequests(
  fastify: FastifyInstance,
  { authenticator, addresses, uses }: { authenticator: Authenticator; addresses: ClientAddresses; uses: TokenUses },
): void {
  fastify.addHook('onRequest', async (request: AuthenticatedRequest) => {
    request.clientAddress = addresses.of(request.raw);
    try {
      request.principal = await authenticator.find(request.headers);
      if (request.principal !== undefined) uses.note(request.principal, request.raw);
    } catch (failure) {
      request.authenticationFailure = failure as Error;
    }
  });
}
