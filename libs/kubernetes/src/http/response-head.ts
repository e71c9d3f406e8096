/** A cluster's answer that is not HTTP/1.1 beyond doubt. Its connection must not be used again. */
export class ProtocolError extends Error {
  readonly code = 'PROTOCOL_ERROR';
}

/** The head of an answer (RFC 9112). */
export interface ResponseHead {
  /** 100 to 999. */
  status: number;
  /** Names, in lower case, and values in turn, in the order in which they came. */
  headers: string[];
  /** How the body ends: after so many bytes, with its last chunk, or with the connection. */
  body: number | 'chunked' | 'close';
  /** Whether the connection may be used again after the body. */
  keepAlive: boolean;
  /** How long the server keeps the connection open when idle, where it says so. */
  keepAliveSeconds: number | undefined;
}

/** Longest head of an answer, in bytes. */
export const MAX_HEAD_BYTES = 16 * 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Anything but text and line ends of CR LF: control characters, and what one reader could take for the end of a line and another not. */
const TEXT = /^(?:[\t\x20-\x7e\x80-\xff]|\r\n)*$/;
/** Names that every API server sends, as they are most often written, so that they need neither check nor change. */
const KNOWN_NAMES = new Map(
  [
    'Audit-Id',
    'Cache-Control',
    'Connection',
    'Content-Encoding',
    'Content-Length',
    'Content-Type',
    'Date',
    'Transfer-Encoding',
    'Vary',
    'Warning',
    'X-Kubernetes-Pf-Flowschema-Uid',
    'X-Kubernetes-Pf-Prioritylevel-Uid',
  ].map((name) => [name, name.toLowerCase()]),
);

/**
 * Reads a head: `text` ends before the empty line. Strict, because a proxy that reads a boundary otherwise than its peer hands one caller's
 * answer to another: throws ProtocolError on what is malformed, on two lengths (equal ones too), a length beside chunks, and any other
 * transfer coding.
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  if (!TEXT.test(text)) throw new ProtocolError('a control character in the head of an answer');
  let end = text.indexOf('\r\n');
  const statusLine = STATUS_LINE.exec(end < 0 ? text : text.slice(0, end));
  if (statusLine === null) throw new ProtocolError('no status line of HTTP/1.1');
  const status = Number(statusLine[2]);
  const headers: string[] = [];
  const framing = new Framing(statusLine[1] === '1');
  while (end >= 0) {
    const begin = end + 2;
    end = text.indexOf('\r\n', begin);
    const line = end < 0 ? text.slice(begin) : text.slice(begin, end);
    const colon = line.indexOf(':');
    const name = nameOf(line.slice(0, Math.max(0, colon)));
    const value = line.slice(colon + 1).trim();
    framing.see(name, value);
    headers.push(name, value);
  }
  return { status, headers, ...framing.of(status, method) };
}

function nameOf(text: string): string {
  const known = KNOWN_NAMES.get(text);
  if (known !== undefined) return known;
  if (!NAME.test(text)) throw new ProtocolError('a malformed name of a header');
  return text.toLowerCase();
}

/** Gathers the headers that say where an answer ends (RFC 9112 §6.3). */
class Framing {
  private length: number | undefined;
  private chunked = false;
  private keepAliveSeconds: number | undefined;

  private keepAlive: boolean;

  constructor(private readonly isVersion11: boolean) {
    this.keepAlive = isVersion11;
  }

  see(name: string, value: string): void {
    if (name === 'content-length') {
      if (this.length !== undefined || !/^\d{1,15}$/.test(value)) throw new ProtocolError('a malformed or second length');
      this.length = Number(value);
    } else if (name === 'transfer-encoding') {
      if (this.chunked || !this.isVersion11 || value.toLowerCase() !== 'chunked') throw new ProtocolError('an unknown transfer coding');
      this.chunked = true;
    } else if (name === 'connection') {
      if (/(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value)) this.keepAlive = false;
    } else if (name === 'keep-alive') {
      const seconds = /(?:^|,)[ \t]*timeout=(\d{1,6})/i.exec(value)?.[1];
      if (seconds !== undefined) this.keepAliveSeconds = Number(seconds);
    }
  }

  of(status: number, method: string): Pick<ResponseHead, 'body' | 'keepAlive' | 'keepAliveSeconds'> {
    if (this.chunked && this.length !== undefined) throw new ProtocolError('a length beside chunks');
    const { keepAlive, keepAliveSeconds } = this;
    if (method === 'HEAD' || status < 200 || status === 304) return { body: 0, keepAlive, keepAliveSeconds };
    // 204 has no body: a server that announces one can't be trusted with what follows.
    if (status === 204) return { body: 0, keepAlive: keepAlive && !this.chunked && !this.length, keepAliveSeconds };
    if (this.chunked) return { body: 'chunked', keepAlive, keepAliveSeconds };
    return this.length === undefined
      ? { body: 'close', keepAlive: false, keepAliveSeconds }
      : { body: this.length, keepAlive, keepAliveSeconds };
  }
}
