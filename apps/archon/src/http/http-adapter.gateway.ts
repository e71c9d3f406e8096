import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Config } from '#config';
import { registerBodyParsers } from './body-parsers.gateway.js';
import { refuseMalformedRequest, refuseUnreadablePath } from './malformed-request.gateway.js';
import { ownObjectPath } from './own-object.js';
import { KEEP_ALIVE_SECONDS, type PlainRequests } from './plain-requests.gateway.js';
import { requestIdOf } from './request-log.gateway.js';
import type { ServerTls } from './tls.gateway.js';
import { keepUnsentAnswers } from './unsent-answers.gateway.js';

const GATEWAY_PREFIX = '/api-gateway';
const MAX_HEADER_BYTES = 16 * 1024;

/** Console clients put `/api-gateway` before every path. */
export const withoutGatewayPrefix = (url: string): string =>
  url.startsWith(`${GATEWAY_PREFIX}/`) ? url.slice(GATEWAY_PREFIX.length) : url;

const ownUrl = (url: string): string => ownObjectPath(url) ?? url;

/** Answer requests that are not for Fastify. */
export interface BeforeFastify {
  /** Requests in Node's form; true when it has taken one. */
  takes: (request: IncomingMessage, response: ServerResponse) => boolean;
  plain: PlainRequests;
}

/**
 * The server: our own, so that proxied requests are answered before Fastify, and if they are plain before Node, spends time on them. Everything else is Fastify's and Nest's.
 */
export function createHttpAdapter(config: Config, tls: ServerTls | undefined, { takes, plain }: BeforeFastify): FastifyAdapter {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    // Bodies are watched for their pace instead (ConnectionLimits): a long upload is no attack.
    requestTimeout: 0,
    headersTimeout: 10_000,
    handshakeTimeout: 10_000,
    connectionsCheckingInterval: 2000,
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    noDelay: true,
    // A request without a body has nothing to stream: its events are spared.
    optimizeEmptyRequests: true,
  };
  const adapter = new FastifyAdapter({
    bodyLimit: config.maxBodyBytes,
    genReqId: (request: IncomingMessage) => requestIdOf(request.headers),
    rewriteUrl: (request: IncomingMessage) => ownUrl(withoutGatewayPrefix(request.url ?? '/')),
    forceCloseConnections: 'idle' as const,
    clientErrorHandler: refuseMalformedRequest,
    frameworkErrors: refuseUnreadablePath,
    routerOptions: { maxParamLength: 512 },
    serverFactory: (handler: http.RequestListener) => {
      const listener: http.RequestListener = (request, response) => {
        if (!takes(request, response)) handler(request, response);
      };
      const server =
        tls === undefined
          ? http.createServer(options, listener)
          : (https.createServer({ ...options, cert: tls.cert, key: tls.key }, listener) as unknown as http.Server);
      server.maxHeadersCount = 0; // the limit of ConnectionLimits is a hard one
      keepUnsentAnswers(server);
      plain.serve(server, tls === undefined ? 'connection' : 'secureConnection');
      return server;
    },
  });
  registerBodyParsers(adapter.getInstance());
  return adapter;
}
