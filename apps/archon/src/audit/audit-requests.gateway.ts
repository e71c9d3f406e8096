import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { decodeJwt } from 'jose';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import type { Audit } from './audit.service.js';
import { type AuditEvent, type AuditStage, auditedCaller, auditedParameters, outcomeOf, plainText } from './audit-event.js';
import { failureReason, fields, objectName, ownRequest } from './own-route.js';
import type { RouteOperations } from './route-operations.service.js';

interface AuditedRequest extends AuthenticatedRequest {
  /** Learned on the way to the end of the request. */
  audited?: { name?: string; reason?: string; user?: string; credentialId?: string; credentialKind?: string; parameters?: string };
}

interface Options {
  audit: Audit;
  operations: RouteOperations;
  /** Plain reads that are allowed too. */
  reads: boolean;
  /** Whether a user has this name: what somebody typed as one may be the password. */
  isUser: (name: string) => Promise<boolean>;
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Records the requests to Archon's own routes: all changes, and whatever is denied. A change by a known caller goes on only when the audit
 * log holds it.
 */
export function auditRequests(fastify: FastifyInstance, { audit, operations, reads, isUser }: Options): void {
  const eventOf = (request: AuditedRequest, stage: AuditStage): AuditEvent => {
    const route = request.routeOptions.url ?? '';
    const asked = ownRequest(request.method, route, (request.params ?? {}) as Record<string, string>);
    const question = request.url.indexOf('?');
    const { audited, principal } = request;
    const caller = auditedCaller(principal, request.headers.authorization !== undefined);
    return {
      id: randomUUID(),
      time: new Date(),
      stage,
      requestId: request.id,
      ...caller,
      ...(principal === undefined && audited?.user !== undefined ? { user: plainText(audited.user) } : {}),
      ...(principal === undefined && audited?.credentialId !== undefined
        ? { credentialKind: audited.credentialKind ?? '', credentialId: plainText(audited.credentialId) }
        : {}),
      impersonatedUser: '',
      impersonatedGroups: [],
      sourceAddress: request.clientAddress ?? 'unknown',
      userAgent: plainText(request.headers['user-agent'], 200),
      cluster: plainText(asked.cluster),
      group: '',
      resource: asked.resource,
      subresource: '',
      verb: asked.verb,
      namespace: plainText(asked.namespace),
      name: plainText(asked.name === '' ? audited?.name : asked.name),
      operation: operations.of(request.method, route),
      route,
      parameters: audited?.parameters ?? auditedParameters(question === -1 ? '' : request.url.slice(question + 1)),
      code: 0,
      outcome: '',
      reason: '',
      durationMs: 0,
      bytesIn: 0,
      bytesOut: 0,
    };
  };

  fastify.addHook('preHandler', async (request: AuditedRequest) => {
    if (READS.has(request.method) || request.principal === undefined) return;
    request.audited = { name: objectName(request.body) };
    await audit.recordBefore(eventOf(request, 'RequestReceived'));
  });

  fastify.addHook('preSerialization', async (request: AuditedRequest, reply, answer: unknown) => {
    if (!READS.has(request.method) || reply.statusCode >= 400) {
      const named = objectName(reply.statusCode < 400 ? answer : undefined, request.body);
      request.audited = {
        name: named,
        reason: reply.statusCode < 400 ? '' : failureReason(answer),
        ...(request.principal === undefined ? await newcomer(request, answer, isUser) : {}),
      };
    }
    return answer;
  });

  fastify.addHook('onResponse', (request: AuditedRequest, reply, done) => {
    done();
    const outcome = outcomeOf(reply.statusCode);
    if (READS.has(request.method) && outcome !== 'Denied' && !reads) return;
    const { principal, headers, audited } = request;
    // Reads by nobody, and what leads nowhere: probes and scanners.
    if (principal === undefined && headers.authorization === undefined && (READS.has(request.method) || request.is404)) return;
    const event = eventOf(request, 'ResponseComplete');
    event.code = reply.statusCode;
    event.outcome = outcome;
    event.reason = plainText(audited?.reason);
    event.durationMs = Math.round(reply.elapsedTime);
    event.bytesIn = Number(headers['content-length'] ?? 0);
    event.bytesOut = Number(reply.getHeader('content-length') ?? 0);
    audit.record(event);
  });
}

/** Who came in, by the token that the answer gives; or who tried to, where a user has that name. */
async function newcomer(
  request: AuditedRequest,
  answer: unknown,
  isUser: Options['isUser'],
): Promise<Omit<NonNullable<AuditedRequest['audited']>, 'reason'>> {
  const { access_token: token, trust_rule: rule, subject } = fields(answer);
  if (typeof token === 'string') {
    const { sub, sid, jti } = decodeJwt<{ sid?: string }>(token);
    const user = sub ?? '';
    if (typeof rule !== 'string' || typeof subject !== 'string') return { user, credentialKind: 'session', credentialId: sid ?? jti ?? '' };
    // Which job it is: the token that it got is known by its id alone from here on.
    const parameters = plainText(new URLSearchParams({ subject }).toString());
    return { user, credentialKind: 'job', credentialId: jti ?? '', name: rule, parameters };
  }
  const { username } = fields(request.body);
  return typeof username === 'string' && (await isUser(username)) ? { user: username } : {};
}
