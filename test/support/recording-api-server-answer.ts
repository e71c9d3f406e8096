import type { ServerResponse } from 'node:http';
import { type Duplex, Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** An answer that is ready to be written. */
export interface Answer {
  status: number;
  /** Names and values in turn. */
  headers: string[];
  body: Buffer | Readable;
}

/** What may be given as a body: objects are sent as JSON. */
export type Body = string | Buffer | Readable | object;

/** `headers` win over the content type that the body suggests. */
export function toAnswer(status: number, body: Body = '', headers: Record<string, string> = {}): Answer {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const isText = typeof body === 'string';
  const isRaw = isText || Buffer.isBuffer(body) || body instanceof Readable;
  const type = isRaw ? (isText ? 'text/plain; charset=utf-8' : 'application/octet-stream') : 'application/json';
  return {
    status,
    headers: [...(names.includes('content-type') ? [] : ['Content-Type', type]), ...Object.entries(headers).flat()],
    body: isRaw ? (isText ? Buffer.from(body) : body) : Buffer.from(JSON.stringify(body)),
  };
}

/** A Kubernetes `Status` of a failure. */
export function toStatus(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code };
}

/** Ends a request with a `Status`. */
export class StatusError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details: object = {},
  ) {
    super(message);
  }

  toStatus(): object {
    return toStatus(this.code, this.reason, this.message, this.details);
  }

  toAnswer(): Answer {
    return toAnswer(this.code, this.toStatus());
  }
}

/** Writes the answer; with `truncateAt`, closes the connection after that many bytes of a body whose headers promise all of it. */
export async function writeAnswer(response: ServerResponse, answer: Answer, truncateAt?: number): Promise<void> {
  const { status, headers, body } = answer;
  const isBuffer = Buffer.isBuffer(body);
  const framed =
    isBuffer && status !== 204 && status !== 304 && !hasHeader(headers, 'content-length') && !hasHeader(headers, 'transfer-encoding');
  response.writeHead(status, framed ? [...headers, 'Content-Length', String(body.length)] : headers);
  response.flushHeaders();
  if (truncateAt === undefined && isBuffer) {
    response.end(body);
    return;
  }
  const stream = isBuffer ? Readable.from(body.length > 0 ? [body] : []) : body;
  try {
    if (truncateAt === undefined) await pipeline(stream, response);
    else await writePart(response, stream, truncateAt);
  } catch {
    // Either end of a stream may go at any time: the connection says so to the other.
    response.destroy();
  }
}

async function writePart(response: ServerResponse, stream: Readable, bytes: number): Promise<void> {
  let left = bytes;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, left);
    left -= part.length;
    await new Promise((resolve) => response.write(part, resolve));
    if (left === 0) break;
  }
  // FIN after what was written: a reset could take the last bytes away from the client.
  response.socket?.end();
}

/** An ordinary answer to a request for an upgrade; the connection stays usable for further requests. */
export async function writeRefusal(socket: Duplex, answer: Answer): Promise<void> {
  const body = Buffer.isBuffer(answer.body) ? answer.body : await buffer(answer.body);
  const lines = pairs(answer.headers).filter(([name]) => !/^(transfer-encoding|content-length|connection)$/i.test(name));
  socket.write(`${toHead(`${answer.status} Refused`, lines.flat())}Content-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
}

/** Status line and header lines, without the empty line that ends them. */
export function toHead(status: string, headers: readonly string[]): string {
  return `HTTP/1.1 ${status}\r\n${pairs(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}`;
}

export function pairs(flat: readonly string[]): [name: string, value: string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : []));
}

function hasHeader(headers: readonly string[], name: string): boolean {
  return pairs(headers).some(([each]) => each.toLowerCase() === name);
}

/** Hands chunks on while `see` looks at them. */
export function observe(see: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk);
      done(null, chunk);
    },
  });
}

/** Joins two open connections; when one goes, so does the other. */
export function join(left: Duplex, right: Duplex): void {
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}
