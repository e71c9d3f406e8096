import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import type { ClientRequest, ClientResponse } from '#kubernetes';
import { Authenticator } from '../auth/authenticator.service.js';
import { ClientAddresses } from '../http/client-addresses.service.js';
import { TokenBuckets } from './token-buckets.js';

/** Requests without a credential that holds, from one client network. Probes, logins and mistakes are far below. */
const PER_SECOND = 100;
const BURST = 500;
/** New connections from a network that is over the limit: each costs a TLS handshake. */
const CONNECTIONS_PER_SECOND = 20;
const MAX_NETWORKS = 10_000;
/** How long an answer is held back at least, and at most twice as long: a connection can't ask faster, and not all answers fall due at once. */
const HOLD_MS = 1000;
const BODY = JSON.stringify(
  new ApiError('TooManyRequests', 'too many requests without a valid credential come from this address: wait', {
    retryAfterSeconds: 5,
  }).toStatus(),
);
const HEAD = ['content-type', 'application/json', 'retry-after', '5', 'content-length', String(Buffer.byteLength(BODY))];

/**
 * Keeps a flood of requests that nobody stands behind cheap: past the limit they wait a second for a 429, and nothing else is done for
 * them. Whoever has shown a good credential lately is not affected, also behind the same address.
 */
@Injectable()
export class AnonymousRequests {
  private readonly buckets = new TokenBuckets({ capacity: BURST, perSecond: PER_SECOND, maxKeys: MAX_NETWORKS });
  private readonly connections = new TokenBuckets({
    capacity: CONNECTIONS_PER_SECOND,
    perSecond: CONNECTIONS_PER_SECOND,
    maxKeys: MAX_NETWORKS,
  });
  /** Connections on which an answer is held back. */
  private readonly held = new WeakSet<Socket>();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly addresses: ClientAddresses,
  ) {}

  /** A request from this address turned out to have no credential that holds. */
  count(address: string): void {
    this.buckets.take(this.addresses.networkOf(address), performance.now());
  }

  /** Whether a new connection from this address is welcome: always, but while it floods. */
  acceptsConnection(address: string): boolean {
    const [network, nowMs] = [this.addresses.networkOf(address), performance.now()];
    if (!this.buckets.isEmpty(network, nowMs)) return true;
    const accepts = !this.connections.isEmpty(network, nowMs);
    this.connections.take(network, nowMs);
    return accepts;
  }

  /** True when the request is over the limit; its answer then comes from here. */
  refuse(request: ClientRequest, response: ClientResponse, address: string): boolean {
    const network = this.addresses.networkOf(address);
    if (request.socket.destroyed) return true;
    if (!this.buckets.isEmpty(network, performance.now()) || this.authenticator.knows(request.headers)) return false;
    this.buckets.take(network, performance.now());
    const { socket } = request;
    if (this.held.has(socket)) {
      socket.destroy(); // it does not wait for its answer
      return true;
    }
    this.held.add(socket);
    setTimeout(
      () => {
        this.held.delete(socket);
        if (!response.destroyed) response.writeHead(429, HEAD).end(BODY);
      },
      HOLD_MS * (1 + Math.random()),
    );
    return true;
  }
}
