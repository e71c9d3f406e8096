import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { Authenticator } from '../auth/authenticator.service.js';
import { clientNetwork } from './client-network.js';
import { TokenBuckets } from './token-buckets.js';

/** Requests without a credential that holds, from one client network. Probes, logins and mistakes are far below. */
const PER_SECOND = 100;
const BURST = 500;
const MAX_NETWORKS = 10_000;
/** How long an answer is held back, so that a connection can't ask faster than this. */
const HOLD_MS = 1000;

/**
 * Keeps a flood of requests that nobody stands behind cheap: past the limit they wait a second for a 429, and nothing else is done for
 * them. Whoever has shown a good credential lately is not affected, also behind the same address.
 */
@Injectable()
export class AnonymousRequests {
  private readonly buckets = new TokenBuckets({ capacity: BURST, perSecond: PER_SECOND, maxKeys: MAX_NETWORKS });

  constructor(private readonly authenticator: Authenticator) {}

  /** A request from this address turned out to have no credential that holds. */
  count(address: string): void {
    this.buckets.take(clientNetwork(address), performance.now());
  }

  /** True when the request is over the limit; its answer then comes from here. */
  refuse(request: IncomingMessage, response: ServerResponse, address: string): boolean {
    const network = clientNetwork(address);
    if (!this.buckets.isEmpty(network, performance.now()) || this.authenticator.knows(request.headers)) return false;
    this.buckets.take(network, performance.now());
    const failure = new ApiError('TooManyRequests', 'too many requests without a valid credential come from this address: wait', {
      retryAfterSeconds: 5,
    });
    setTimeout(() => {
      if (!response.destroyed)
        response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '5' }).end(JSON.stringify(failure.toStatus()));
    }, HOLD_MS);
    return true;
  }
}
