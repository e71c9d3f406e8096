import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { eventually } from './wait-for.js';

/** A connection to an HTTP server on which a test writes bytes itself, for requests that no client library would send. */
export class RawConnection {
  /** The server has closed it, in whatever way. */
  closed = false;
  private readonly chunks: Buffer[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    // A reset is one of the ways to close.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      this.closed = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Connects with TLS or, for an http: URL, without. Rejects when the certificate isn't of `caPem` or nobody listens. */
  static async open(url: string, caPem?: string): Promise<RawConnection> {
    const { protocol, hostname: host, port } = new URL(url);
    const isTls = protocol === 'https:';
    const socket = isTls ? connectTls({ host, port: Number(port || 443), ca: caPem }) : connectTcp({ host, port: Number(port || 80) });
    await once(socket, isTls ? 'secureConnect' : 'connect');
    return new RawConnection(socket);
  }

  /** All that the server has sent so far, one character per byte. */
  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  /** Writes text, one byte per character, or bytes. */
  write(data: string | Buffer): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Waits until the text of the server fits, or until it has closed when nothing is given; returns the text. Throws after `timeoutMs`. */
  async receives(pattern?: RegExp, timeoutMs = 5000): Promise<string> {
    const wanted = pattern === undefined ? 'the server to close' : `${pattern} from the server`;
    await eventually(
      () => {
        const { text } = this;
        if (pattern === undefined ? this.closed : pattern.test(text)) return true;
        throw new Error(`${this.closed ? 'closed' : 'open'} after ${JSON.stringify(text.slice(-500))}`);
      },
      { what: wanted, timeoutMs, intervalMs: 5 },
    );
    return this.text;
  }

  close(): void {
    this.socket.destroy();
  }
}
