import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Sends raw requests one after the other on one kept-alive connection (plain HTTP), and connects anew when the server has closed it. */
export class KeepAliveLane {
  private socket: Socket | undefined;

  constructor(private readonly port: number) {}

  /** The status of the answer; 0 when the server closed without one. */
  async send(text: string): Promise<number> {
    const socket = await this.connected();
    return new Promise((resolve) => {
      let received = '';
      const done = (): void => {
        socket.off('data', onData).off('close', done);
        resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0));
      };
      const onData = (chunk: Buffer): void => {
        received += chunk.toString('latin1');
        if (!isComplete(received)) return;
        if (/\r\nconnection: close\r\n/i.test(received)) this.close();
        done();
      };
      socket.on('data', onData).on('close', done);
      socket.write(Buffer.from(text, 'latin1'));
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private async connected(): Promise<Socket> {
    if (this.socket?.writable && !this.socket.readableEnded) return this.socket;
    this.close();
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    await once(socket, 'connect');
    this.socket = socket;
    return socket;
  }
}

function isComplete(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2))?.[1];
  if (length !== undefined) return text.length - head - 4 >= Number(length);
  return !/\r\ntransfer-encoding: chunked/i.test(text.slice(0, head + 2)) || text.endsWith('0\r\n\r\n');
}
