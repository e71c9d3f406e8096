import type { Readable } from 'node:stream';
import type { ResponseSink } from './response-reader.js';

/** A request as it goes out, its authentication included. */
export interface UpstreamRequest {
  method: string;
  path: string;
  /** Names and values in turn. */
  headers: readonly string[];
  /** The same, of whom it is made for; sent last. One list per identity, as its text is kept. */
  authentication: readonly string[];
  /** Sent as it comes: of the length that `headers` give, else in chunks. */
  body: Readable | undefined;
}

/** Told of the answer: either head, content and end, or at some point an error, and nothing after that or after an abort. */
export interface ResponseHandler extends ResponseSink {
  onEnd(): void;
  onError(error: Error): void;
}

/** What carries an exchange, as far as the exchange steers it. */
export interface Carrier {
  pause(): void;
  resume(): void;
  abandon(): void;
}

/** One request and its answer, from the queue to the end. */
export class Exchange {
  /** Undefined while it waits for a connection, and when it is over. */
  carrier: Carrier | undefined;
  isOver = false;
  isPaused = false;
  /** Whether anything at all came back, and whether that was an answer's head. */
  isHeard = false;
  hasBegun = false;
  /** Sent a second time because its connection turned out to be closed. */
  isRetried = false;
  /** Its number in the queue. */
  order = 0;
  /** Sweeps of the pool since anything last happened. */
  quietSweeps = 0;

  constructor(
    readonly request: UpstreamRequest,
    /** Another may take over before the answer is complete. */
    public handler: ResponseHandler,
  ) {}

  /** Stops reading the answer, until `resume`. At most what one read brought still comes. */
  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.carrier?.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.carrier?.resume();
  }

  /** Gives it up: its connection is closed, its handler hears nothing more. */
  abort(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.carrier?.abandon();
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handler.onEnd();
  }

  fail(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handler.onError(error);
  }

  /** Whether it may be sent once more after its connection closed without a word: only reads, whose body can't be half gone. */
  get isRepeatable(): boolean {
    const { method, body } = this.request;
    return !this.isOver && !this.isHeard && !this.isRetried && body === undefined && (method === 'GET' || method === 'HEAD');
  }
}
