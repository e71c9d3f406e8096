import { isIP } from 'node:net';
import tls from 'node:tls';
import type { AddressPolicy } from './checked-lookup.gateway.js';
import type { ClusterConnection } from './cluster-connection.js';
import { tlsOptions } from './cluster-link.gateway.js';

/** What an API server showed, after it was verified. */
export interface ServerCertificate {
  /** Common name of who signed it, or all that is known of it. */
  issuer: string;
  validTo: Date;
}

/** The certificate of a cluster's API server. Rejects as a connection for a request would. */
export function readServerCertificate(cluster: ClusterConnection, addresses: AddressPolicy, timeoutMs: number): Promise<ServerCertificate> {
  const url = new URL(cluster.endpoint);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const refusal = addresses.refusalOf(host);
    if (refusal !== undefined) return reject(refusal);
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket = tls.connect({
      ...tlsOptions(cluster),
      ...named,
      host,
      port: Number(url.port || 443),
      lookup: addresses.lookup,
      timeout: timeoutMs,
    });
    socket.once('secureConnect', () => {
      const { issuer, valid_to: validTo } = socket.getPeerCertificate();
      resolve({ issuer: String(issuer.CN ?? Object.values(issuer).join(' ')), validTo: new Date(validTo) });
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(Object.assign(new Error('timed out'), { code: 'UND_ERR_CONNECT_TIMEOUT' })));
    socket.once('error', reject);
  });
}
