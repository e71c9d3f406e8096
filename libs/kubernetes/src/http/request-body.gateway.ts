import type { Readable, Writable } from 'node:stream';

/** Sends a request's body as it comes, no faster than the cluster takes it. */
export class RequestBody {
  isSent = false;
  private isBlocked = false;

  constructor(
    private readonly source: Readable,
    private readonly socket: Writable,
    private readonly isChunked: boolean,
    private readonly onBroken: () => void,
  ) {
    source.on('data', this.onData).once('end', this.onEnd).once('close', this.onClose).once('error', this.onClose);
    socket.on('drain', this.onDrain);
  }

  /** Whether the next move is the client's. */
  get isWaitingForClient(): boolean {
    return !this.isSent && !this.isBlocked;
  }

  /** Lets go of both sides; what is left of the body is its owner's. */
  stop(): void {
    const { source, socket } = this;
    source.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose).off('error', this.onClose);
    socket.off('drain', this.onDrain);
  }

  private readonly onData = (bytes: Buffer): void => {
    const { socket } = this;
    if (bytes.length === 0) return; // as a chunk it would end the body
    socket.cork();
    if (this.isChunked) socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    socket.write(bytes);
    if (this.isChunked) socket.write('\r\n', 'latin1');
    process.nextTick(() => socket.uncork());
    if (!socket.writableNeedDrain) return;
    this.isBlocked = true;
    this.source.pause();
  };

  private readonly onDrain = (): void => {
    this.isBlocked = false;
    this.source.resume();
  };

  private readonly onEnd = (): void => {
    if (this.isChunked) this.socket.write('0\r\n\r\n', 'latin1');
    this.isSent = true;
    this.stop();
  };

  private readonly onClose = (): void => {
    this.stop();
    this.onBroken();
  };
}
