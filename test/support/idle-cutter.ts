import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that drops a connection on which nothing passes for so long, without a word to either end's protocol: as load balancers do. */
export class IdleCutter {
  /** Connections that were dropped. */
  cut = 0;

  private constructor(
    readonly port: number,
    readonly close: () => void,
  ) {}

  static async listen(upstreamPort: number, idleMs: number): Promise<IdleCutter> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(upstreamPort, '127.0.0.1');
      const end = () => [client, upstream].forEach((socket) => socket.destroy());
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', end).on('close', () => {
          sockets.delete(socket);
          end();
        });
      }
      // Counts from the last byte, whichever way it went.
      client.setTimeout(idleMs, () => {
        cutter.cut++;
        end();
      });
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cutter = new IdleCutter((server.address() as AddressInfo).port, () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return cutter;
  }
}
