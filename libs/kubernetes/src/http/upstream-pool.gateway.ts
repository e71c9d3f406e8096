import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { errors } from 'undici';
import type { AddressPolicy } from '../checked-lookup.gateway.js';
import { Exchange, type ResponseHandler, type UpstreamRequest } from './exchange.js';
import { UpstreamConnection } from './upstream-connection.gateway.js';

export interface UpstreamPoolOptions {
  /** `https://host:port`; a path is ignored. */
  endpoint: string;
  tls: ConnectionOptions;
  /** To which addresses it may connect. */
  addresses: AddressPolicy;
  /** Connections at most; more requests wait. */
  connections: number;
  connectTimeoutMs: number;
  /** TCP keep-alives. */
  keepAlive: { enable: boolean; initialDelay: number; interval: number; count: number };
  /** How long an exchange may stand still in the cluster's turn, in seconds; Infinity for streams. */
  quietSeconds: number;
  /** Called when the cluster closed a connection that was idle, or that it got a request on. */
  onLost?: () => void;
}

const SWEEP_MS = 1000;
const IDLE_SECONDS = 60;
/**
 * All connections read into this one buffer, and what they read is used up or copied before the next reads. A buffer of its own for each
 * TLS record (Node's default) is memory outside of the heap that makes V8 mark the whole heap every few dozen megabytes: half of the CPU
 * time of large answers.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** HTTP/1.1 connections to one server with one credential, kept for reuse. See docs/adr/0009-own-http-client-for-the-proxy.md. */
export class UpstreamPool {
  private readonly host: string;
  private readonly address: { host: string; port: number };
  private readonly open = new Set<UpstreamConnection>();
  private readonly connecting = new Set<TLSSocket>();
  /** Those that carry nothing; the last is the one most recently used. */
  private idle: UpstreamConnection[] = [];
  private waiting: Exchange[] = [];
  private queued = 0;
  private isAssigning = false;
  private readonly sweeper: NodeJS.Timeout;
  private ending: PromiseWithResolvers<void> | undefined;

  constructor(private readonly options: UpstreamPoolOptions) {
    const { hostname, host, port } = new URL(options.endpoint);
    this.host = host;
    this.address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
    this.sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /** Sends a request, now or when a connection is free. The handler is not called before this returns. */
  send(request: UpstreamRequest, handler: ResponseHandler): Exchange {
    const exchange = new Exchange(request, handler);
    if (this.ending !== undefined) queueMicrotask(() => exchange.fail(new errors.ClientClosedError()));
    else this.queue(exchange);
    return exchange;
  }

  /** Takes no more requests; resolves when those that it has are answered. */
  async close(): Promise<void> {
    this.ending ??= Promise.withResolvers();
    this.endIfDone();
    await this.ending.promise;
  }

  /** Breaks off everything, for this reason. */
  async destroy(why: Error = new errors.ClientDestroyedError()): Promise<void> {
    this.ending ??= Promise.withResolvers();
    for (const exchange of this.waiting.splice(0)) exchange.fail(why);
    for (const socket of this.connecting) socket.destroy();
    for (const connection of [...this.open]) connection.close(why);
    this.endIfDone();
    await this.ending.promise;
  }

  private queue(exchange: Exchange): void {
    exchange.order = ++this.queued;
    this.waiting.push(exchange);
    this.assignSoon();
  }

  /**
   * Connections are given out at the end of the turn of the event loop, when all that had already arrived on them is read: one that the
   * cluster closed, or on which something came unasked, is gone by then.
   */
  private assignSoon(): void {
    if (this.isAssigning) return;
    this.isAssigning = true;
    setImmediate(() => {
      this.isAssigning = false;
      this.assign();
    });
  }

  private assign(): void {
    let next = 0;
    for (; next < this.waiting.length; next++) {
      const exchange = this.waiting[next];
      if (exchange === undefined || exchange.isOver) continue;
      const connection = this.takeIdle();
      if (connection === undefined) break;
      connection.carry(exchange);
    }
    this.waiting.splice(0, next);
    const wanted = Math.min(this.waiting.length - this.connecting.size, this.options.connections - this.open.size - this.connecting.size);
    for (let i = 0; i < wanted; i++) this.connect();
    this.endIfDone();
  }

  private takeIdle(): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.idle.pop();
      if (connection === undefined || connection.isOpen) return connection;
    }
  }

  private connect(): void {
    const { tls, addresses, connectTimeoutMs, keepAlive } = this.options;
    const refusal = addresses.refusalOf(this.address.host);
    if (refusal !== undefined) {
      this.failWaiting(refusal, this.queued);
      return;
    }
    const servername = isIP(this.address.host) === 0 ? { servername: this.address.host } : {};
    let connection: UpstreamConnection | undefined;
    const onread = {
      buffer: READ_BUFFER,
      callback: (length: number) => {
        if (connection === undefined) socket.destroy();
        else connection.receive(READ_BUFFER.subarray(0, length));
        return true;
      },
    };
    const options = { ...servername, ...tls, ...this.address, lookup: addresses.lookup, ALPNProtocols: ['http/1.1'], onread };
    const socket: TLSSocket = connect(options);
    socket.setNoDelay(true).setKeepAlive(keepAlive);
    this.connecting.add(socket);
    const begunAt = this.queued;
    const timer = setTimeout(() => socket.destroy(new errors.ConnectTimeoutError()), connectTimeoutMs);
    const onError = (error: Error) => {
      socket.off('secureConnect', onConnect).off('close', onClose);
      this.onRefused(socket, timer, error, begunAt);
    };
    const onClose = () => {
      socket.off('secureConnect', onConnect).off('error', onError);
      const error = this.ending === undefined ? new errors.SocketError('closed') : new errors.ClientDestroyedError();
      this.onRefused(socket, timer, error, begunAt);
    };
    const onConnect = () => {
      clearTimeout(timer);
      socket.off('error', onError).off('close', onClose);
      this.connecting.delete(socket);
      connection = this.onConnected(socket);
    };
    socket.once('secureConnect', onConnect).once('error', onError).once('close', onClose);
  }

  private onConnected(socket: TLSSocket): UpstreamConnection {
    const connection = new UpstreamConnection(socket, this.host, {
      onFree: (free) => this.onFree(free),
      onGone: (gone, repeat) => this.onGone(gone, repeat),
    });
    this.open.add(connection);
    this.onFree(connection);
    return connection;
  }

  private onRefused(socket: TLSSocket, timer: NodeJS.Timeout, error: Error, begunAt: number): void {
    clearTimeout(timer);
    socket.on('error', () => undefined);
    this.connecting.delete(socket);
    this.failWaiting(error, begunAt);
    this.assignSoon();
  }

  /**
   * With no connection at all there is none to wait for: all fail that waited when the attempt began. Else one of them, for which the
   * connection was to be.
   */
  private failWaiting(error: Error, begunAt: number): void {
    const waited = this.waiting.filter(({ order }) => order <= begunAt);
    const failed = new Set(this.open.size === 0 ? waited : waited.slice(0, 1));
    this.waiting = this.waiting.filter((exchange) => !failed.has(exchange));
    for (const exchange of failed) exchange.fail(error);
  }

  private onFree(connection: UpstreamConnection): void {
    this.idle.push(connection);
    if (this.waiting.length > 0 || this.ending !== undefined) this.assignSoon();
  }

  private onGone(connection: UpstreamConnection, repeat: Exchange | undefined): void {
    if (!this.open.delete(connection)) return;
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
    if ((index >= 0 || repeat !== undefined) && this.ending === undefined) this.options.onLost?.();
    if (repeat !== undefined) {
      repeat.isRetried = true;
      this.waiting.unshift(repeat);
    }
    this.assignSoon();
  }

  private sweep(): void {
    for (const connection of this.open) {
      if (!connection.isIdle) connection.sweep(this.options.quietSeconds);
      else if (++connection.idleSweeps > Math.min(IDLE_SECONDS, connection.idleSeconds)) connection.close(new errors.SocketError('idle'));
    }
  }

  private endIfDone(): void {
    if (this.ending === undefined || this.waiting.length > 0 || this.connecting.size > 0) return;
    for (const connection of this.idle.splice(0)) connection.close(new errors.ClientClosedError());
    if (this.open.size > 0) return;
    clearInterval(this.sweeper);
    this.ending.resolve();
  }
}
