import type { Socket } from 'node:net';

/** Seen from the client: `upstream` carries what it sends, `downstream` what it receives. */
export type Direction = 'upstream' | 'downstream';

/** What one direction of every link suffers at this moment. */
export interface Flow {
  latencyMs: number;
  jitterMs: number;
  /** Infinity: as fast as it goes; 0: everything is held until that changes. */
  bytesPerSecond: number;
  /** Longest piece written at once; Infinity when nothing is sliced. */
  sliceBytes: number;
  sliceDelayMs: number;
}

/** The state that the links of a proxy share, and where they report. */
export interface Conditions {
  readonly flows: Record<Direction, Flow>;
  /** Bytes and closings vanish in both directions. */
  readonly blackHole: boolean;
  readonly stallTls: boolean;
  /** The next number, from 0 to 1, of the proxy's seeded jitter. */
  jitter(): number;
  passed(direction: Direction, bytes: number): void;
}

/** Read from a socket but not written yet: beyond this, TCP's own flow control holds the sender back. */
const BUFFER_BYTES = 1024 * 1024;
/** A limited flow is written in pieces of this much time, so that it trickles instead of bursting. */
const PACE_MS = 50;
const TLS_RECORD_HEADER_BYTES = 5;

/** RST instead of FIN, even when the peer has stopped reading. */
export function resetSocket(socket: Socket): void {
  if (!socket.connecting && !socket.destroyed) socket.resetAndDestroy();
  // resetAndDestroy waits for pending writes; a peer that doesn't read would postpone it for ever.
  socket.destroy();
}

/** One proxied connection: two sockets and a pipe in each direction. */
export class FaultLink {
  private readonly pipes: Record<Direction, FaultPipe>;
  /** Bytes or a closing were lost, so the stream may never go on. */
  private damaged = false;
  private serverLost = false;

  /** Both sockets need `allowHalfOpen`. `onClosed` may be called more than once. */
  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly conditions: Conditions,
    private readonly onClosed: () => void,
  ) {
    const stalled = conditions.stallTls;
    const lose = (): boolean => this.lose();
    this.pipes = {
      upstream: new FaultPipe('upstream', client, server, conditions, lose, stalled),
      downstream: new FaultPipe('downstream', server, client, conditions, lose, stalled),
    };
    this.join(client, server);
    this.join(server, client);
    // A stalled client that gives up leaves nothing worth holding.
    if (stalled) client.on('end', () => this.conditions.stallTls && this.reset());
  }

  /** The conditions changed: pipes that wait look again, and a damaged link that can be heard again is reset. */
  changed(): void {
    if (this.damaged && !this.isSilent()) this.reset();
    this.pipes.upstream.wakeAfresh();
    this.pipes.downstream.wakeAfresh();
  }

  /** Closes in an orderly way as soon as this many more bytes have passed. */
  cutAfter(direction: Direction, bytes: number): void {
    this.pipes[direction].cutAfter(bytes);
  }

  /** The server's side ends; the client keeps an open connection on which nothing happens any more. */
  loseServer(): void {
    this.serverLost = true;
    this.damaged = true;
    resetSocket(this.server);
  }

  /** Undoes `loseServer`: the client hears at last that its connection is gone. */
  healServer(): void {
    this.serverLost = false;
  }

  reset(): void {
    resetSocket(this.client);
    resetSocket(this.server);
  }

  private isSilent(): boolean {
    return this.conditions.blackHole || this.serverLost;
  }

  private lose(): boolean {
    const silent = this.isSilent();
    if (silent) this.damaged = true;
    return silent;
  }

  private join(socket: Socket, peer: Socket): void {
    let failed = false;
    socket.setNoDelay(true);
    socket.on('error', () => {
      failed = true;
    });
    socket.on('close', () => {
      if (!this.lose() && failed) resetSocket(peer);
      if (!peer.destroyed) return;
      this.pipes.upstream.stop();
      this.pipes.downstream.stop();
      this.onClosed();
    });
  }
}

interface Held {
  bytes: Buffer;
  arrivedAt: number;
  /** From -1 to 1: the share of the jitter that these bytes get. */
  jitter: number;
}

/** One direction of a link: reads, holds, cuts and writes, and never reads much more than it can write. */
class FaultPipe {
  private readonly queue: Held[] = [];
  private bufferedBytes = 0;
  private passedBytes = 0;
  private remainingBytes = Infinity;
  private notBefore = 0;
  private ended = false;
  private stopped = false;
  private tlsHeader = Buffer.alloc(0);
  private wake: () => void = () => undefined;

  constructor(
    private readonly direction: Direction,
    private readonly source: Socket,
    private readonly destination: Socket,
    private readonly conditions: Conditions,
    private readonly lose: () => boolean,
    private readonly stalled: boolean,
  ) {
    source.on('data', (bytes: Buffer) => this.hold(bytes));
    source.on('end', () => {
      this.ended = true;
      this.wake();
    });
    destination.on('drain', () => this.wake());
    void this.run();
  }

  /** Old pauses no longer count: the next piece is judged by the conditions of now. */
  wakeAfresh(): void {
    this.notBefore = 0;
    this.wake();
  }

  cutAfter(bytes: number): void {
    this.remainingBytes = bytes;
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private hold(bytes: Buffer): void {
    this.queue.push({ bytes, arrivedAt: performance.now(), jitter: this.conditions.jitter() * 2 - 1 });
    this.bufferedBytes += bytes.length;
    if (this.bufferedBytes >= BUFFER_BYTES) this.source.pause();
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const held = this.queue[0];
      if (this.remainingBytes <= 0) return this.cut();
      if (held === undefined && this.ended) return this.end();
      if (held === undefined) await this.sleep();
      else if (this.lose() || this.destination.destroyed) this.take(held, held.bytes.length);
      else await this.passOrWait(held);
    }
  }

  private async passOrWait(held: Held): Promise<void> {
    const { latencyMs, jitterMs, bytesPerSecond, sliceDelayMs } = this.flow();
    const waitMs = Math.max(held.arrivedAt + latencyMs + held.jitter * jitterMs, this.notBefore) - performance.now();
    const length = Math.min(held.bytes.length, this.allowance());
    if (length === 0 || this.destination.writableNeedDrain) return this.sleep();
    if (waitMs > 0) return this.sleep(waitMs);
    const piece = this.take(held, length);
    this.destination.write(piece);
    this.conditions.passed(this.direction, length);
    this.passedBytes += length;
    this.remainingBytes -= length;
    const missing = TLS_RECORD_HEADER_BYTES - this.tlsHeader.length;
    if (missing > 0) this.tlsHeader = Buffer.concat([this.tlsHeader, piece.subarray(0, missing)]);
    this.notBefore = performance.now() + (length / bytesPerSecond) * 1000 + sliceDelayMs;
  }

  private flow(): Flow {
    return this.conditions.flows[this.direction];
  }

  /** How many bytes the next piece may have; 0 while everything is held. */
  private allowance(): number {
    const { bytesPerSecond, sliceBytes } = this.flow();
    const paced = Math.ceil((bytesPerSecond * PACE_MS) / 1000);
    return Math.min(paced, sliceBytes, this.remainingBytes, this.stalled && this.conditions.stallTls ? this.clientHelloBytes() : Infinity);
  }

  /** What is still missing of the first TLS record from the client. */
  private clientHelloBytes(): number {
    if (this.direction === 'downstream') return 0;
    if (this.tlsHeader.length < TLS_RECORD_HEADER_BYTES) return TLS_RECORD_HEADER_BYTES - this.tlsHeader.length;
    return Math.max(0, TLS_RECORD_HEADER_BYTES + this.tlsHeader.readUInt16BE(3) - this.passedBytes);
  }

  private take(held: Held, length: number): Buffer {
    const piece = held.bytes.subarray(0, length);
    held.bytes = held.bytes.subarray(length);
    if (held.bytes.length === 0) this.queue.shift();
    this.bufferedBytes -= length;
    if (this.bufferedBytes < BUFFER_BYTES && this.source.isPaused()) this.source.resume();
    return piece;
  }

  private end(): void {
    if (!this.lose()) this.destination.end();
  }

  private cut(): void {
    this.destination.end();
    this.source.destroy();
  }

  private sleep(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
