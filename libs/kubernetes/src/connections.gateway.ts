import { buildConnector, Pool } from 'undici';
import type { AddressPolicy } from './checked-lookup.gateway.js';
import type { ClusterConnection } from './cluster-connection.js';

export interface ConnectionLimits {
  connectTimeoutMs: number;
  responseTimeoutMs: number;
}

/** Requests in flight to one cluster, at most: a slow cluster queues its own callers, nobody else's. */
const MAX_REQUESTS = 64;
/** kube-apiserver ends a plain request after 60 s itself; a proxied one gets that time and a little. */
const FORWARD_TIMEOUT_MS = 65_000;

interface Pools {
  generation: number;
  requests: Pool;
  forwarded: Pool;
  streams: Pool;
}

/**
 * The connections to each cluster, separate per credential generation, so that a connection authenticated with one credential is never
 * used for another. Long streams have a pool of their own: each holds a whole connection and would starve the requests.
 */
export class Connections {
  private readonly pools = new Map<string, Pools>();

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly addresses: AddressPolicy,
  ) {}

  of(connection: ClusterConnection): Pools {
    const found = this.pools.get(connection.id);
    if (found !== undefined && found.generation === connection.generation) return found;
    const created = this.open(connection);
    this.pools.set(connection.id, created);
    // Calls under way end as they began; new ones use the new pools.
    if (found !== undefined) void closeAll(found);
    return created;
  }

  /** Ends the connections to a cluster that was removed. */
  async forget(clusterId: string): Promise<void> {
    const found = this.pools.get(clusterId);
    this.pools.delete(clusterId);
    if (found !== undefined) await destroyAll(found);
  }

  async close(): Promise<void> {
    const all = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(all.map(destroyAll));
  }

  private open(connection: ClusterConnection): Pools {
    const { connectTimeoutMs, responseTimeoutMs } = this.limits;
    const { origin } = new URL(connection.endpoint);
    const pool = (connections: number | null, headersTimeout: number, bodyTimeout: number) =>
      new Pool(origin, {
        // undici would speak HTTP/2 with every kube-apiserver: more CPU per request, and one lost packet stalls all of them.
        allowH2: false,
        connections,
        pipelining: 1,
        keepAliveTimeout: 60_000,
        headersTimeout,
        bodyTimeout,
        connect: this.connector(connection, connectTimeoutMs),
      });
    return {
      generation: connection.generation,
      requests: pool(MAX_REQUESTS, responseTimeoutMs, responseTimeoutMs),
      forwarded: pool(MAX_REQUESTS, FORWARD_TIMEOUT_MS, FORWARD_TIMEOUT_MS),
      // The log of a silent container and a quiet watch send nothing for as long as they like.
      streams: pool(null, 0, 0),
    };
  }

  /** A connector of its own per pool: with it go the TLS sessions, which another credential must not resume. */
  private connector(connection: ClusterConnection, timeoutMs: number): buildConnector.connector {
    const connect = buildConnector({ ...tlsOptions(connection), lookup: this.addresses.lookup, timeout: timeoutMs, allowH2: false });
    return (options, done) => {
      const refusal = this.addresses.refusalOf(options.hostname);
      if (refusal === undefined) connect(options, done);
      else done(refusal, null);
    };
  }
}

/** The TLS side of a connection: its own CA, and the client certificate when that is the credential. */
export function tlsOptions({ certificateAuthority, credential }: ClusterConnection): { ca?: string; cert?: string; key?: string } {
  return {
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
    ...('clientKey' in credential ? { cert: credential.clientCertificate, key: credential.clientKey } : {}),
  };
}

const closeAll = (pools: Pools) => Promise.all([pools.requests.close(), pools.forwarded.close(), pools.streams.close()]);
const destroyAll = (pools: Pools) => Promise.all([pools.requests.destroy(), pools.forwarded.destroy(), pools.streams.destroy()]);
