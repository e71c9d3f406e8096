import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { RequestLog } from '#log';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import type { Metrics } from '../health/metrics.service.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The client's own request id when it is harmless, so that its logs and ours can be joined; else a new one. */
export function requestIdOf(headers: Record<string, string | string[] | undefined>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** One line and one measurement per request: the route's template, never its query, which may hold what a user typed. */
export function logRequests(fastify: FastifyInstance, requestLog: RequestLog, metrics: Metrics): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    done();
  });
  fastify.addHook('onResponse', (request: AuthenticatedRequest, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { cluster } = (request.params ?? {}) as { cluster?: string };
    metrics.observe(request.method, route, reply.statusCode, reply.elapsedTime);
    requestLog.write({
      requestId: request.id,
      user: request.principal?.user,
      cluster,
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    });
    done();
  });
}
