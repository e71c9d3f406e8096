import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { eventually } from './wait-for.js';

/** A server that answers each byte with the same byte and keeps what it saw of each connection. */
export class EchoServer {
  readonly peers: TcpPeer[] = [];
  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.peers.push(new TcpPeer(socket));
      socket.on('data', (bytes) => socket.write(bytes));
      socket.on('end', () => socket.end());
    });
  }

  static async start(): Promise<EchoServer> {
    const server = createServer({ allowHalfOpen: true });
    const echo = new EchoServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return echo;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const { socket } of this.peers) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** One end of a connection: all that it received and how it ended. */
export class TcpPeer {
  readonly chunks: { bytes: Buffer; at: number }[] = [];
  ended = false;
  closed = false;
  errorCode: string | undefined;

  constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.chunks.push({ bytes, at: performance.now() });
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.errorCode = error.code;
    });
    socket.on('close', () => {
      this.closed = true;
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks.map(({ bytes }) => bytes));
  }

  async send(bytes: string | Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => this.socket.write(bytes, (error) => (error ? reject(error) : resolve())));
  }

  receives(text: string): Promise<true> {
    return eventually(() => this.received.toString() === text, { what: `"${text}" to arrive` });
  }
}
