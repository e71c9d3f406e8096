import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { ApiError, methodNotAllowed, unauthorized } from '#errors';
import { Forwarder, UpgradeForwarder } from '#kubernetes';
import { type Logger, RequestLog } from '#log';
import { AuditTrail, AuditTrails } from '../audit/audit-trails.service.js';
import { Authenticator } from '../auth/authenticator.service.js';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { Metrics } from '../health/metrics.service.js';
import { ClientAddresses } from '../http/client-addresses.service.js';
import { databaseAway } from '../http/database-failure.js';
import { withoutGatewayPrefix } from '../http/http-adapter.gateway.js';
import { PublicEndpoint } from '../http/public-endpoint.service.js';
import { requestIdOf } from '../http/request-log.gateway.js';
import { AnonymousRequests } from '../limits/anonymous-requests.service.js';
import { ConnectionLimits } from '../limits/connection-limits.service.js';
import { UserRequests } from '../limits/user-requests.service.js';
import { LOGGER } from '../logger.module.js';
import { TokenUses } from '../tokens/token-uses.service.js';
import { Admission, type AdmittedTarget, type Asked } from './admission.service.js';
import { refuseAmbiguousHeaders } from './ambiguous-headers.js';
import { requireAllowedOrigin, upgradeAuthorization } from './browser-access.js';
import { readImpersonation } from './impersonation.js';
import { type LiveSession, LiveSessions } from './live-sessions.service.js';
import { type ProxiedPath, parseProxiedPath } from './proxied-path.js';

const METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** For the log: the client went away before there was an answer. */
const CLIENT_GONE = 499;
const LINGER_MS = 1000;
const SHUTDOWN_MESSAGE = 'Archon is shutting down: connect again';

interface Admitted {
  principal: Principal;
  authorization: string | undefined;
  asked: Asked;
  target: AdmittedTarget;
}

/** What is to be known of a request at its end. */
interface PassedOn {
  begin: number;
  /** Once it was allowed. */
  principal: Principal | undefined;
  /** Among those that its user has under way. */
  isCounted: boolean;
  isOver: boolean;
}

/** Passes Kubernetes requests on to their cluster as the caller. Authentication happens here: no guard of Nest runs on these paths. */
@Injectable()
export class ProxyService implements BeforeApplicationShutdown {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly admission: Admission,
    private readonly sessions: LiveSessions,
    private readonly config: AppConfig,
    private readonly endpoint: PublicEndpoint,
    private readonly forwarder: Forwarder,
    private readonly upgrades: UpgradeForwarder,
    private readonly metrics: Metrics,
    private readonly requestLog: RequestLog,
    private readonly addresses: ClientAddresses,
    private readonly anonymous: AnonymousRequests,
    private readonly connections: ConnectionLimits,
    private readonly users: UserRequests,
    private readonly trails: AuditTrails,
    private readonly tokenUses: TokenUses,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** True when the path belongs to a cluster; the answer then comes from here, whatever it is. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const id = requestIdOf(request.headers);
    const fail = (failure: unknown) => this.respond(response, this.toApiError(failure, id), id);
    let proxied: ProxiedPath | undefined;
    try {
      proxied = parseProxiedPath(withoutGatewayPrefix(request.url ?? '/'));
    } catch (failure) {
      fail(failure);
      return true;
    }
    if (proxied === undefined) return false;
    const trail = this.trails.of(request, proxied, id);
    const refuse = (failure: unknown) => fail(trail.because(this.toApiError(failure, id)));
    const passage: PassedOn = { begin: performance.now(), principal: undefined, isCounted: false, isOver: false };
    // One listener for all that ends with a request: this is the path of every one.
    response.on('close', () => this.ended(request, response, proxied, id, trail, passage));
    this.forward(request, response, proxied, id, trail, passage, refuse).catch(refuse);
    return true;
  }

  /** The same for a connection that shall change its protocol. Paths of Archon itself have none: 404. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const id = requestIdOf(request.headers);
    const fail = (failure: unknown) => endSocket(socket, this.toApiError(failure, id));
    socket.on('error', () => socket.destroy());
    this.forwardUpgrade(request, socket, head, id, fail).catch(fail);
  }

  beforeApplicationShutdown(): void {
    this.forwarder.endStreams(SHUTDOWN_MESSAGE);
    this.upgrades.endSessions(SHUTDOWN_MESSAGE);
  }

  private async forward(
    request: IncomingMessage,
    response: ServerResponse,
    proxied: ProxiedPath,
    id: string,
    trail: AuditTrail,
    passage: PassedOn,
    fail: (failure: unknown) => void,
  ): Promise<void> {
    const admitted = await this.authorize(request, request.headers.authorization, proxied, trail);
    if (passage.isOver) return;
    const { target, principal } = admitted;
    const session = proxied.streaming === undefined ? undefined : this.open(admitted, trail, response);
    const starting = trail.start();
    if (starting !== undefined) await starting;
    if (passage.isOver) return;
    passage.principal = principal;
    if (session === undefined) {
      this.users.enter(principal.user);
      passage.isCounted = true;
    }
    const stream = this.forwarder.forward(target, request, response, { ...proxied, headers: ['x-request-id', id], onFailure: fail });
    session?.attach(stream);
  }

  private ended(
    request: IncomingMessage,
    response: ServerResponse,
    proxied: ProxiedPath,
    id: string,
    trail: AuditTrail,
    passage: PassedOn,
  ): void {
    passage.isOver = true;
    trail.end(response.headersSent ? response.statusCode : CLIENT_GONE);
    const { principal } = passage;
    if (principal === undefined) return;
    if (passage.isCounted) this.users.leave(principal.user);
    this.metrics.countProxied(proxied.cluster, request.method ?? '', response.statusCode);
    this.log(request, proxied, principal, id, response.statusCode, performance.now() - passage.begin);
  }

  private async forwardUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    id: string,
    fail: (failure: unknown) => void,
  ): Promise<void> {
    const proxied = parseProxiedPath(withoutGatewayPrefix(request.url ?? '/'));
    if (proxied === undefined) throw new ApiError('NotFound', 'there is nothing to upgrade to on this path');
    const begin = performance.now();
    const trail = this.trails.of(request, { ...proxied, streaming: 'bytes' }, id);
    let code = CLIENT_GONE;
    const refuse = (failure: unknown) => {
      const refusal = trail.because(this.toApiError(failure, id));
      code = refusal.code;
      fail(refusal);
    };
    socket.once('close', () => trail.end(code));
    try {
      const authorization = upgradeAuthorization(request.rawHeaders);
      requireAllowedOrigin(request.rawHeaders, new Set([new URL(this.endpoint.url).origin, ...this.config.allowedOrigins]));
      const admitted = await this.authorize(request, authorization, proxied, trail);
      const { target, principal } = admitted;
      const session = this.open(admitted, trail, socket);
      socket.once('close', () => this.log(request, proxied, principal, id, code, performance.now() - begin));
      await trail.start();
      this.upgrades.forward(target, request, socket, head, {
        ...proxied,
        onAnswer: (answered) => (code = answered),
        onOpen: (stream) => session.attach(stream),
        onFailure: refuse,
      });
    } catch (failure) {
      refuse(failure);
    }
  }

  private async authorize(
    request: IncomingMessage,
    authorization: string | undefined,
    proxied: ProxiedPath,
    trail: AuditTrail,
  ): Promise<Admitted> {
    const { method = '', headers, rawHeaders } = request;
    if (!METHODS.has(method)) throw methodNotAllowed(`the method ${method} is not supported`);
    refuseAmbiguousHeaders(rawHeaders);
    const impersonation = readImpersonation(rawHeaders);
    // What is known already is not waited for: every request would pay for each turn of waiting.
    const principal = this.authenticator.recall(authorization, request.socket) ?? (await this.authenticate(request, authorization));
    this.connections.authenticated(request);
    this.tokenUses.note(principal, request);
    trail.by(principal);
    if (impersonation !== undefined) trail.as(impersonation.user, impersonation.groups);
    const { cluster, path } = proxied;
    const asked = { cluster, method, path, upgrade: headers.upgrade !== undefined, contentType: headers['content-type'], impersonation };
    const admitting = this.admission.admit(principal, asked);
    return { principal, authorization, asked, target: admitting instanceof Promise ? await admitting : admitting };
  }

  private async authenticate(request: IncomingMessage, authorization: string | undefined): Promise<Principal> {
    const principal = await this.authenticator.find(authorization === undefined ? {} : { authorization });
    if (principal === undefined) {
      this.anonymous.count(this.addresses.of(request));
      throw unauthorized();
    }
    return principal;
  }

  /** Has what goes on for long watched, from before the cluster hears of it until its connection closes. */
  private open({ principal, authorization, target, asked }: Admitted, trail: AuditTrail, connection: ServerResponse | Duplex): LiveSession {
    const session = this.sessions.open(principal, authorization, target, asked, (why) => void trail.because(why));
    if (connection.destroyed) session.close();
    else connection.once('close', session.close);
    return session;
  }

  private log(request: IncomingMessage, proxied: ProxiedPath, principal: Principal, requestId: string, status: number, ms: number): void {
    const route = `${proxied.prefix === '' ? '' : '/kubernetes/:cluster'}/*`;
    this.requestLog.write({
      requestId,
      user: principal.user,
      cluster: proxied.cluster,
      method: request.method ?? '',
      route,
      status,
      ms: Math.round(ms),
    });
  }

  private toApiError(failure: unknown, requestId: string): ApiError {
    if (failure instanceof ApiError) return failure;
    this.logger.error({ requestId, err: failure }, 'request failed');
    return databaseAway(failure) ?? new ApiError('InternalError', `an internal error occurred; the log has it under request ${requestId}`);
  }

  private respond(response: ServerResponse, failure: ApiError, id: string): void {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    response.writeHead(failure.code, { ...headersOf(failure), 'x-request-id': id }).end(JSON.stringify(failure.toStatus()));
  }
}

function headersOf(failure: ApiError): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    ...(failure.code === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(failure.details?.retryAfterSeconds === undefined ? {} : { 'retry-after': String(failure.details.retryAfterSeconds) }),
  };
}

/** Answers and closes; a client that keeps its own side open is not waited for. */
function endSocket(socket: Duplex, failure: ApiError): void {
  const body = JSON.stringify(failure.toStatus());
  const headers = Object.entries({ ...headersOf(failure), 'content-length': String(Buffer.byteLength(body)), connection: 'close' });
  socket.end(
    `HTTP/1.1 ${failure.code} ${failure.reason}\r\n${headers.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`,
  );
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
