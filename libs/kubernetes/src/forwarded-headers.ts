import type { IncomingHttpHeaders } from 'node:http';

/** What a client may tell a cluster. Everything else stays here: identity, credentials, cookies and hop-by-hop names above all. */
const REQUEST_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-encoding',
  'content-length',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'kubectl-command',
  'kubectl-session',
  'range',
  'user-agent',
]);
const UPGRADE_HEADERS = new Set([
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'x-stream-protocol-version',
  'origin',
]);
/** How a browser, which can't set headers on a WebSocket, hands over its bearer token: that is for Archon, not for the cluster. */
const BEARER_PROTOCOL = /^base64url\.bearer\.authorization\.k8s\.io\./i;
/** RFC 9110 §7.6.1, what a cluster must not do on Archon's own origin, and the id that Archon itself gives. */
const DROPPED_RESPONSE_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'set-cookie',
  'strict-transport-security',
  'x-request-id',
]);
/** A page served from inside a cluster is not Archon's: no scripts with Archon's origin, no guessing of types. */
const SANDBOX = ['content-security-policy', 'sandbox', 'x-content-type-options', 'nosniff'];
const SANDBOX_NAMES = new Set(SANDBOX.filter((_, index) => index % 2 === 0));

/**
 * What of a client's headers goes to the cluster, as a flat list, built from nothing. `Impersonate-*` of a client is among what is left out:
 * who may use it is decided before.
 */
export function requestHeaders(client: IncomingHttpHeaders): string[] {
  const headers: string[] = [];
  for (const name in client) {
    const value = client[name];
    if (typeof value === 'string' && REQUEST_HEADERS.has(name)) headers.push(name, value);
  }
  return headers;
}

/**
 * The same for a request that asks to upgrade the connection; the protocol's own headers go along, and `authentication` comes last, so that
 * nothing a client sends can stand behind or instead of the identity.
 */
export function upgradeHeaders(client: IncomingHttpHeaders, authentication: readonly string[]): string[] {
  const protocol = Object.entries(client).flatMap(([name, value]) => {
    if (!UPGRADE_HEADERS.has(name) || value === undefined) return [];
    if (name !== 'sec-websocket-protocol') return [value].flat().flatMap((text) => [name, text]);
    const offered = offeredProtocols(client);
    return offered.length === 0 ? [] : [name, offered.join(', ')];
  });
  return ['connection', 'Upgrade', 'upgrade', client.upgrade ?? '', ...protocol, ...requestHeaders(client), ...authentication];
}

/** The protocols that a client offers to the cluster: all but the one that is its credential. */
export function offeredProtocols(client: IncomingHttpHeaders): string[] {
  const offered = [client['sec-websocket-protocol'] ?? []].flat().flatMap((text) => text.split(',').map((protocol) => protocol.trim()));
  return offered.filter((protocol) => protocol !== '' && !BEARER_PROTOCOL.test(protocol));
}

/**
 * What of a cluster's answer reaches the client; names and values in turn, before and after. A redirect within the cluster's own API stays
 * within `prefix` (the path under which the client sees that API); any other redirect loses its target.
 */
export function responseHeaders(cluster: readonly string[], prefix: string): string[] {
  const headers = [...SANDBOX];
  for (let i = 1; i < cluster.length; i += 2) {
    const name = (cluster[i - 1] ?? '').toLowerCase();
    const value = cluster[i] ?? '';
    if (DROPPED_RESPONSE_HEADERS.has(name) || SANDBOX_NAMES.has(name) || name.startsWith('access-control-')) continue;
    if (name !== 'location') headers.push(name, value);
    else if (/^\/(?![/\\])/.test(value)) headers.push(name, `${prefix}${value}`);
  }
  return headers;
}
