/** A request that is nothing but a question to a cluster: no body, no upgrade, nothing that is asked of the connection. */
export interface PlainRequest {
  method: 'GET';
  url: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** Names and values in turn, as they came. */
  rawHeaders: string[];
}

/** Longer heads are left to Node. */
const MAX_BYTES = 8 * 1024;
const HEAD_END = '\r\n\r\n';
const REQUEST_LINE = /^GET (\/kubernetes\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** Text and line ends of CR LF, and nothing that one reader could take for the end of a line and another not. */
const TEXT = /^(?:[\t\x20-\x7e]|\r\n)*$/;
/** What may be in a plain request; anything else, also a second one of the same name, is for Node to judge. */
const NAMES = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'connection',
  'host',
  'if-modified-since',
  'if-none-match',
  'kubectl-command',
  'kubectl-session',
  'user-agent',
  'x-request-id',
]);

/**
 * Reads a request if the bytes are one plain request from beginning to end, and there is no doubt about it; undefined otherwise. The grammar
 * is a narrow part of RFC 9112's: whatever it takes, every server reads in the same way.
 */
export function readPlainRequest(bytes: Buffer): PlainRequest | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  const text = bytes.toString('latin1');
  if (text.indexOf(HEAD_END) !== text.length - HEAD_END.length || !TEXT.test(text)) return undefined;
  let end = text.indexOf('\r\n');
  const url = REQUEST_LINE.exec(text.slice(0, end))?.[1];
  if (url === undefined) return undefined;
  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  for (const last = text.length - HEAD_END.length; end < last; ) {
    const begin = end + 2;
    end = text.indexOf('\r\n', begin);
    const colon = text.indexOf(':', begin);
    if (colon < 0 || colon > end) return undefined;
    const rawName = text.slice(begin, colon);
    const name = rawName.toLowerCase();
    const value = text.slice(colon + 1, end).trim();
    if (!NAMES.has(name) || name in headers) return undefined;
    if (name === 'connection' && value.toLowerCase() !== 'keep-alive') return undefined;
    headers[name] = value;
    rawHeaders.push(rawName, value);
  }
  return 'host' in headers ? { method: 'GET', url, headers, rawHeaders } : undefined;
}
