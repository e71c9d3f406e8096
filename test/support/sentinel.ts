import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** A port that nobody may connect to: counts who does. */
export class Sentinel {
  connections = 0;
  readonly port: number;

  private constructor(private readonly server: Server) {
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.connections++;
      socket.destroy();
    });
  }

  /** On all addresses of this machine, of IPv4 and IPv6, and a free port unless told otherwise. */
  static async start(host = '::', port = 0): Promise<Sentinel> {
    const server = createServer().listen(port, host);
    await once(server, 'listening');
    return new Sentinel(server);
  }

  close(): void {
    this.server.close();
  }
}
