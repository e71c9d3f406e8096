import type http from 'node:http';
import type { Socket } from 'node:net';
import type { ClientRequest, ClientResponse } from '#kubernetes';
import { readPlainRequest } from './plain-request.js';
import { PlainResponse } from './plain-response.gateway.js';

/** Answers a request; false when it is not one of those. */
export type TakesRequests = (request: ClientRequest, response: ClientResponse) => boolean;

/** Without a first request for this long, a connection goes to Node, which has its own patience. */
const FIRST_REQUEST_MS = 5000;
export const KEEP_ALIVE_SECONDS = 65;
const SWEEP_MS = 2000;
/** What may arrive while a request is being answered; above it the connection is not read. */
const MAX_AHEAD_BYTES = 64 * 1024;
const KEPT = `connection: keep-alive\r\nkeep-alive: timeout=${KEEP_ALIVE_SECONDS}\r\n`;
const LAST = 'connection: close\r\n';

/**
 * Answers plain requests for clusters on their connections, without Node's request and response objects, which cost more than all that
 * Archon does for such a request. A connection goes to Node's server, with what has arrived on it, as soon as anything else is asked on it.
 * See docs/adr/0015-plain-requests-before-node.md.
 */
export class PlainRequests {
  private readonly connections = new Set<PlainConnection>();
  private readonly sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
  private isDraining = false;

  constructor(private readonly takes: TakesRequests) {}

  /** Stands before Node's own handling of the server's connections. */
  serve(server: http.Server, event: 'connection' | 'secureConnection'): void {
    const [handle, ...others] = server.listeners(event);
    if (handle === undefined || others.length > 0) throw new Error(`the server handles ${event} in an unexpected way`);
    server.removeAllListeners(event);
    server.on(event, (socket: Socket) => {
      const handOver = () => void Reflect.apply(handle, server, [socket]);
      if (this.isDraining) handOver();
      else this.add(socket, handOver);
    });
    server.once('close', () => clearInterval(this.sweeper));
  }

  /** From now on each answer is the last of its connection. */
  drain(): void {
    this.isDraining = true;
  }

  /** Ends connections on which nothing is being answered. */
  closeIdle(): void {
    for (const connection of this.connections) if (connection.isIdle) connection.destroy();
  }

  private add(socket: Socket, handOver: () => void): void {
    const connection = new PlainConnection(socket, {
      takes: this.takes,
      isLast: () => this.isDraining,
      handOver,
      over: () => this.connections.delete(connection),
    });
    this.connections.add(connection);
  }

  private sweep(): void {
    const now = performance.now();
    for (const connection of this.connections) {
      const idleMs = now - connection.idleSince;
      if (!connection.isIdle) continue;
      if (!connection.hasAsked && idleMs > FIRST_REQUEST_MS) connection.giveToNode();
      else if (idleMs > KEEP_ALIVE_SECONDS * 1000) connection.destroy();
    }
  }
}

interface Surroundings {
  takes: TakesRequests;
  /** Whether the next answer is the last of its connection. */
  isLast: () => boolean;
  handOver: () => void;
  /** The connection is not of this kind any more, or gone. */
  over: () => void;
}

/** One connection, from its beginning until something else than plain requests comes. */
class PlainConnection {
  hasAsked = false;
  idleSince = performance.now();
  private response: PlainResponse | undefined;
  private ahead: Buffer | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly around: Surroundings,
  ) {
    socket.on('data', this.onData).on('end', this.onEnd).on('error', this.onError).on('close', this.onClose);
  }

  get isIdle(): boolean {
    return this.response === undefined;
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Hands the connection over with what has arrived; only while nothing is being answered. */
  giveToNode(bytes?: Buffer): void {
    const { socket } = this;
    socket.off('data', this.onData).off('end', this.onEnd).off('error', this.onError).off('close', this.onClose);
    this.around.over();
    socket.pause();
    if (bytes !== undefined) socket.unshift(bytes);
    this.around.handOver();
    socket.resume();
  }

  private readonly onData = (bytes: Buffer): void => {
    if (this.response === undefined) {
      this.read(bytes);
      return;
    }
    this.ahead = this.ahead === undefined ? bytes : Buffer.concat([this.ahead, bytes]);
    if (this.ahead.length > MAX_AHEAD_BYTES) this.socket.pause();
  };

  /** A client that closes its side is gone, as for Node: what is being answered for it is given up. */
  private readonly onEnd = (): void => void this.socket.end();

  /** `close` follows. */
  private readonly onError = (): void => undefined;

  private readonly onClose = (): void => {
    this.around.over();
    this.response?.lost();
  };

  private read(bytes: Buffer): void {
    const request = readPlainRequest(bytes);
    if (request === undefined) {
      this.giveToNode(bytes);
      return;
    }
    const isLast = this.around.isLast();
    const response = new PlainResponse(this.socket, isLast ? LAST : KEPT, () => this.answered(isLast));
    this.response = response;
    this.hasAsked = true;
    if (this.around.takes({ ...request, socket: this.socket }, response)) return;
    this.response = undefined;
    this.giveToNode(bytes);
  }

  private answered(isLast: boolean): void {
    this.response = undefined;
    this.idleSince = performance.now();
    if (isLast) {
      this.socket.end();
      return;
    }
    const { ahead } = this;
    if (ahead === undefined) return;
    this.ahead = undefined;
    this.socket.resume();
    this.read(ahead);
  }
}
