import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_BYTES = 12;
const TYPE_A = 1;

/** A DNS server (RFC 1035) that answers every question for an A record with the next of its addresses, at TTL 0. */
export class DnsServer {
  /** Addresses that were given, in order. */
  readonly given: string[] = [];

  private constructor(
    private readonly socket: Socket,
    readonly address: string,
    next: (question: number) => string,
  ) {
    socket.on('message', (query, { address: host, port }) => {
      const endOfName = query.indexOf(0, HEADER_BYTES) + 1;
      const isA = query.readUInt16BE(endOfName) === TYPE_A;
      const header = Buffer.from(query.subarray(0, HEADER_BYTES));
      header.writeUInt16BE(0x8180, 2);
      header.writeUInt16BE(isA ? 1 : 0, 6);
      header.writeUInt32BE(0, 8);
      const parts = [header, query.subarray(HEADER_BYTES, endOfName + 4)];
      if (isA) {
        const text = next(this.given.length);
        this.given.push(text);
        // A pointer to the name, type A, class IN, TTL 0, four bytes.
        parts.push(Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...text.split('.').map(Number)]));
      }
      socket.send(Buffer.concat(parts), port, host);
    });
  }

  static async start(next: (question: number) => string): Promise<DnsServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket, `127.0.0.1:${socket.address().port}`, next);
  }

  close(): void {
    this.socket.close();
  }
}
