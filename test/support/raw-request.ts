import type { RawConnection } from './raw-connection.js';

export interface RawRequestOptions {
  /** GET when absent. */
  method?: string;
  /** Sent as bearer token; none when absent. */
  token?: string;
  /** Whole lines without their ends, such as `Accept: *`. */
  headers?: readonly string[];
}

const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

/** The head of a request as text, for `RawConnection`: nothing in it is checked or encoded. */
export function rawRequest(target: string, { method = 'GET', token, headers = [] }: RawRequestOptions = {}): string {
  const authorization = token === undefined ? [] : [`Authorization: Bearer ${token}`];
  return [`${method} ${target} HTTP/1.1`, 'Host: archon.example', ...authorization, ...headers, '', ''].join('\r\n');
}

/** The head of a request to speak WebSocket as kubectl's exec does. */
export function rawUpgrade(target: string, { headers = [], ...options }: RawRequestOptions = {}): string {
  return rawRequest(target, { ...options, headers: [...UPGRADE, 'Sec-WebSocket-Protocol: v5.channel.k8s.io', ...headers] });
}

/** Status code of the first answer on a connection; 0 before there is one. */
export function statusOf({ text }: Pick<RawConnection, 'text'>): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}
