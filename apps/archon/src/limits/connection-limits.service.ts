import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ApiError } from '#errors';
import { endWithFailure } from '../http/malformed-request.gateway.js';
import { ClientAddresses } from '../http/client-addresses.service.js';

/** Connections from one client network on which nobody has proven who they are: above the first number old ones go, above the second new ones. */
const ANONYMOUS_CONNECTIONS = { many: 200, tooMany: 2000 };
/** So long a new connection has to show a credential while there are many. */
const GRACE_MS = 5000;
/** Node hides headers above its own limit but frames by them (CVE-2026-58044): ours is hard, and Node's is off. */
const MAX_HEADERS = 100;
const SWEEP_MS = 2000;
/** A body may take this long whatever its pace; after it, it must come at this pace at least. */
const BODY_GRACE_MS = 20_000;
const MIN_BODY_BYTES_PER_SECOND = 1024;

const TOO_MANY_HEADERS = new ApiError('BadRequest', `the request has more than ${MAX_HEADERS} headers`, undefined, { code: 431 });
const SLOW_BODY = new ApiError('Timeout', 'the body of the request did not arrive in time', undefined, { code: 408 });

interface Arriving {
  response: ServerResponse;
  beganMs: number;
  bytesRead: number;
}

/** Keeps slow and silent clients from using the server up: they lose their connections, not the others. */
@Injectable()
export class ConnectionLimits implements OnApplicationShutdown {
  /** Client network → connection → since when, oldest first. */
  private readonly anonymous = new Map<string, Map<string, { socket: Socket; sinceMs: number }>>();
  private readonly known = new WeakSet<Socket>();
  private readonly arriving = new Map<IncomingMessage, Arriving>();
  private readonly sweeping = setInterval(() => this.sweep(), SWEEP_MS).unref();

  constructor(private readonly addresses: ClientAddresses) {}

  /** Whoever uses this connection has shown a credential that holds. */
  authenticated({ socket }: Pick<IncomingMessage, 'socket'>): void {
    if (this.known.has(socket)) return;
    this.known.add(socket);
    this.anonymous.get(this.addresses.networkOf(socket.remoteAddress ?? ''))?.delete(keyOf(socket));
  }

  /** True when the request is refused before anything else is done with it. Else its body, when it has one, is watched for its pace. */
  refuse(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.rawHeaders.length > 2 * MAX_HEADERS) {
      cutOff(request, response, TOO_MANY_HEADERS);
      return true;
    }
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
      this.await(request, response);
    return false;
  }

  /** The same for a request to change the protocol, which has no body. */
  refuseUpgrade({ rawHeaders }: IncomingMessage, socket: Duplex): boolean {
    if (rawHeaders.length <= 2 * MAX_HEADERS) return false;
    endWithFailure(socket, TOO_MANY_HEADERS);
    return true;
  }

  onApplicationShutdown(): void {
    clearInterval(this.sweeping);
  }

  /** Begins to count a new connection as one of nobody known. */
  add(socket: Socket): void {
    if (this.addresses.isTrustedProxy(socket)) return;
    const network = this.addresses.networkOf(socket.remoteAddress ?? '');
    const key = keyOf(socket);
    const connections = this.anonymous.get(network) ?? new Map<string, { socket: Socket; sinceMs: number }>();
    this.anonymous.set(network, connections);
    connections.set(key, { socket, sinceMs: performance.now() });
    socket.once('close', () => {
      connections.delete(key);
      if (connections.size === 0) this.anonymous.delete(network);
    });
    if (connections.size > ANONYMOUS_CONNECTIONS.tooMany) socket.destroy();
    else if (connections.size > ANONYMOUS_CONNECTIONS.many) destroyOld(connections);
  }

  private await(request: IncomingMessage, response: ServerResponse): void {
    this.arriving.set(request, { response, beganMs: performance.now(), bytesRead: request.socket.bytesRead });
    const done = () => this.arriving.delete(request);
    request.once('end', done).once('close', done);
  }

  private sweep(): void {
    const nowMs = performance.now();
    for (const [request, body] of this.arriving) {
      const { bytesRead } = request.socket;
      const isSlow = bytesRead - body.bytesRead < (MIN_BODY_BYTES_PER_SECOND * SWEEP_MS) / 1000;
      body.bytesRead = bytesRead;
      // A body that nobody reads, because it goes to a cluster that is slow, is not the client's fault.
      if (isSlow && nowMs - body.beganMs > BODY_GRACE_MS && request.socket.readableFlowing !== false) {
        this.arriving.delete(request);
        cutOff(request, body.response, SLOW_BODY);
      }
    }
  }
}

function cutOff(request: IncomingMessage, response: ServerResponse, failure: ApiError): void {
  if (response.headersSent) {
    request.socket.destroy();
    return;
  }
  response.writeHead(failure.code, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(failure.toStatus()));
  response.once('finish', () => request.socket.destroy());
}

/** Address and port: the socket of TLS is another object than the one that was accepted. */
const keyOf = (socket: Socket): string => `${socket.remoteAddress}:${socket.remotePort}`;

function destroyOld(connections: Map<string, { socket: Socket; sinceMs: number }>): void {
  const nowMs = performance.now();
  for (const [key, { socket, sinceMs }] of connections) {
    if (nowMs - sinceMs < GRACE_MS || connections.size <= ANONYMOUS_CONNECTIONS.many) return;
    connections.delete(key);
    socket.destroy();
  }
}
