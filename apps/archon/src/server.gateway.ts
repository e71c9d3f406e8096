import { rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { Config } from '#config';
import { type Logger, RequestLog } from '#log';
import { AppModule } from './app.module.js';
import { auditRequests } from './audit/audit-requests.gateway.js';
import { AuditUpkeep } from './audit/audit-upkeep.service.js';
import { Audit } from './audit/audit.service.js';
import { RouteOperations } from './audit/route-operations.service.js';
import { authenticateRequests } from './auth/authenticate-requests.gateway.js';
import { Authenticator } from './auth/authenticator.service.js';
import { Metrics } from './health/metrics.service.js';
import { Readiness } from './health/readiness.service.js';
import { ClientAddresses } from './http/client-addresses.service.js';
import { type BeforeFastify, createHttpAdapter } from './http/http-adapter.gateway.js';
import { createOpenApiDocument } from './http/openapi-document.service.js';
import { PlainRequests, type TakesRequests } from './http/plain-requests.gateway.js';
import { PublicEndpoint } from './http/public-endpoint.service.js';
import { logRequests } from './http/request-log.gateway.js';
import { loadServerTls } from './http/tls.gateway.js';
import { AnonymousRequests } from './limits/anonymous-requests.service.js';
import { ConnectionLimits } from './limits/connection-limits.service.js';
import { limitRequests } from './limits/limit-requests.gateway.js';
import { UserRequests } from './limits/user-requests.service.js';
import { NestLogger } from './nest-logger.service.js';
import { ProxyService } from './proxy/proxy.service.js';
import { BootstrapToken } from './tokens/bootstrap-token.service.js';
import { UsersService } from './users/users.service.js';
import { TokenUses } from './tokens/token-uses.service.js';

const IDLE_SWEEP_MS = 100;

/** A server that listens. */
export interface RunningServer {
  url: string;
  /** Ends streams with a reason, lets running requests finish, closes everything. */
  close(): Promise<void>;
}

/** Starts the API on a database; resolves when it listens, and has written `<state>/archon.json` for scripts. */
export async function startServer(options: { config: Config; logger: Logger; databaseUrl: string }): Promise<RunningServer> {
  const { config, logger } = options;
  const tls = await loadServerTls(config);
  // The server must exist before the features that it serves.
  const late: Partial<{ takes: BeforeFastify['takes']; takesPlain: TakesRequests }> = {};
  const plain = new PlainRequests((request, response) => late.takesPlain?.(request, response) ?? false);
  const adapter = createHttpAdapter(config, tls, { takes: (request, response) => late.takes?.(request, response) ?? false, plain });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(options), adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  logRequests(adapter.getInstance(), app.get(RequestLog), app.get(Metrics));
  const addresses = app.get(ClientAddresses);
  authenticateRequests(adapter.getInstance(), { authenticator: app.get(Authenticator), addresses, uses: app.get(TokenUses) });
  const [anonymous, connections, users] = [app.get(AnonymousRequests), app.get(ConnectionLimits), app.get(UserRequests)];
  limitRequests(adapter.getInstance(), { anonymous, connections, users });
  const audit = app.get(Audit);
  // When no request is under way any more, and the database still there.
  adapter.getInstance().addHook('onClose', () => audit.close().then(() => app.get(AuditUpkeep).close()));
  auditRequests(adapter.getInstance(), {
    audit,
    operations: app.get(RouteOperations),
    reads: config.auditReads === 'true',
    isUser: async (name) => (await app.get(UsersService).find(name)) !== undefined,
  });
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app), { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
  await app.init();
  const proxy = app.get(ProxyService);
  late.takesPlain = (request, response) => anonymous.refuse(request, response, addresses.of(request)) || proxy.handle(request, response);
  late.takes = (request, response) => connections.refuse(request, response) || (late.takesPlain?.(request, response) ?? false);
  app.getHttpServer().on('connection', (socket: Socket) => {
    if (addresses.isTrustedProxy(socket) || anonymous.acceptsConnection(socket.remoteAddress ?? '')) connections.add(socket);
    else socket.destroy();
  });
  app.getHttpServer().on('upgrade', (request, socket, head) => {
    if (!connections.refuseUpgrade(request, socket)) proxy.upgrade(request, socket, head);
  });
  await app.listen(config.port, config.host);

  const { port } = app.getHttpServer().address() as AddressInfo;
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
  const url = config.publicUrl ?? `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  app.get(PublicEndpoint).set(url, tls?.certificateAuthority);
  const readyFile = path.resolve(config.stateDir, 'archon.json');
  const caFile = tls?.certificateAuthority === undefined ? null : path.resolve(config.stateDir, 'tls', 'ca.crt');
  await writeFile(readyFile, JSON.stringify({ pid: process.pid, url, caFile, adminTokenFile: app.get(BootstrapToken).file }), {
    mode: 0o600,
  });
  logger.info({ url }, 'ready');
  return {
    url,
    close: async () => {
      await rm(readyFile, { force: true });
      app.get(Readiness).end();
      // Whoever still asks here shall ask elsewhere next: a request on a kept connection must not meet its end.
      app.getHttpServer().prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
      plain.drain();
      await sleep(config.shutdownDelaySeconds * 1000);
      // A connection that answers its last request only now is idle afterwards, and clients keep such connections for minutes.
      const sweep = setInterval(() => {
        app.getHttpServer().closeIdleConnections();
        plain.closeIdle();
      }, IDLE_SWEEP_MS);
      await app.close().finally(() => clearInterval(sweep));
    },
  };
}
