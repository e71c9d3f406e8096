import type { TLSSocket } from 'node:tls';
import { errors } from 'undici';
import type { Carrier, Exchange } from './exchange.js';
import { RequestBody } from './request-body.gateway.js';
import { requestHead } from './request-head.js';
import type { ResponseHead } from './response-head.js';
import { ResponseReader, type ResponseSink } from './response-reader.js';

/** What a connection tells its pool. */
export interface ConnectionEvents {
  /** It may carry another exchange. */
  onFree(connection: UpstreamConnection): void;
  /** It is gone. `repeat`: the exchange that it could not begin, to be carried by another. */
  onGone(connection: UpstreamConnection, repeat: Exchange | undefined): void;
}

/**
 * An established TLS connection to a cluster. Carries one exchange at a time, and another only after a complete answer with nothing
 * behind it: whatever arrives when nothing is asked closes the connection, so that no request can be given an answer that isn't its own.
 */
export class UpstreamConnection implements Carrier, ResponseSink {
  /** Sweeps of the pool since it became idle, and how many it may be. */
  idleSweeps = 0;
  idleSeconds = Number.POSITIVE_INFINITY;
  private exchange: Exchange | undefined;
  private reader: ResponseReader | undefined;
  private body: RequestBody | undefined;
  private keepAlive = true;
  private carried = 0;

  constructor(
    private readonly socket: TLSSocket,
    private readonly host: string,
    private readonly events: ConnectionEvents,
  ) {
    socket.once('end', () => this.onEnd());
    socket.on('error', (error) => this.close(error));
    socket.once('close', () => this.close(closedByCluster()));
  }

  get isIdle(): boolean {
    return this.exchange === undefined;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && !this.socket.readableEnded;
  }

  /** Sends a request. Failures reach the exchange. */
  carry(exchange: Exchange): void {
    const { method, path, headers, authentication, body } = exchange.request;
    const isChunked = body !== undefined && !headers.some((name, index) => index % 2 === 0 && name === 'content-length');
    let head: string;
    try {
      head = requestHead(method, path, this.host, headers, authentication, isChunked);
    } catch (error) {
      this.events.onFree(this);
      exchange.fail(error as Error);
      return;
    }
    this.exchange = exchange;
    exchange.carrier = this;
    exchange.quietSweeps = 0;
    this.carried++;
    this.reader = new ResponseReader(method, this);
    this.socket.write(head, 'latin1');
    if (exchange.isPaused) this.socket.pause();
    if (body === undefined) return;
    this.body = new RequestBody(body, this.socket, isChunked, () => this.close(new errors.RequestAbortedError()));
  }

  /** Called once a second: gives up an exchange in which nothing happens although it is the cluster's turn. */
  sweep(quietSeconds: number): void {
    const { exchange } = this;
    if (exchange === undefined || exchange.isPaused || this.body?.isWaitingForClient === true) {
      if (exchange !== undefined) exchange.quietSweeps = 0;
    } else if (++exchange.quietSweeps > quietSeconds) {
      this.close(exchange.hasBegun ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError());
    }
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  abandon(): void {
    this.close(new errors.RequestAbortedError());
  }

  onHead(head: ResponseHead): void {
    this.keepAlive = head.keepAlive;
    if (head.keepAliveSeconds !== undefined) this.idleSeconds = head.keepAliveSeconds - 1;
    if (this.exchange === undefined) return;
    this.exchange.hasBegun = true;
    this.exchange.handler.onHead(head);
  }

  onData(content: Buffer): void {
    if (this.exchange?.isOver === false) this.exchange.handler.onData(content);
  }

  /** Closes it at once. The exchange under way hears why, or is carried by another connection. */
  close(error: Error): void {
    const { exchange } = this;
    this.exchange = undefined;
    this.socket.destroy();
    this.body?.stop();
    if (exchange !== undefined) exchange.carrier = undefined;
    // A server may close an idle connection at any time: that this met a request says nothing about the cluster.
    const wasStale = exchange !== undefined && this.carried > 1 && isClosed(error) && exchange.isRepeatable;
    this.events.onGone(this, wasStale ? exchange : undefined);
    if (!wasStale) exchange?.fail(error);
  }

  /** Takes what arrived; the bytes are only lent. */
  receive(bytes: Buffer): void {
    const { exchange, reader } = this;
    if (exchange === undefined || reader === undefined) {
      this.close(closedByCluster());
      return;
    }
    exchange.quietSweeps = 0;
    exchange.isHeard = true;
    try {
      const behind = reader.read(bytes);
      if (behind !== undefined && this.exchange === exchange) this.complete(exchange, behind.length === 0);
    } catch (error) {
      this.close(error as Error);
    }
  }

  private onEnd(): void {
    const { exchange } = this;
    if (exchange !== undefined && this.reader?.isCompleteAtEnd() === true) this.complete(exchange, false);
    else this.close(closedByCluster());
  }

  private complete(exchange: Exchange, isClean: boolean): void {
    const canGoOn = isClean && this.keepAlive && this.body?.isSent !== false && this.idleSeconds > 0;
    this.body?.stop();
    this.body = undefined;
    this.exchange = undefined;
    this.reader = undefined;
    exchange.carrier = undefined;
    if (exchange.isPaused) this.socket.resume();
    if (canGoOn) {
      this.idleSweeps = 0;
      this.events.onFree(this);
    } else {
      this.socket.destroy();
      this.events.onGone(this, undefined);
    }
    exchange.end();
  }
}

const closedByCluster = () => new errors.SocketError('the cluster closed the connection');

const isClosed = (error: Error): boolean =>
  error instanceof errors.SocketError || ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE'));
