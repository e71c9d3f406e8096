import type { Readable } from 'node:stream';
import { ApiError } from '#errors';
import type { ClientRequest, ClientResponse } from './client-exchange.js';
import type { ClusterConnection } from './cluster-connection.js';
import type { OpenStream, Passage } from './cluster-link.gateway.js';
import { connectionFailure } from './connection-failure.js';
import type { Connections } from './connections.gateway.js';
import { requestHeaders, responseHeaders } from './forwarded-headers.js';
import type { Exchange, ResponseHandler } from './http/exchange.js';
import { HeldAnswer } from './http/held-answer.js';
import type { ResponseHead } from './http/response-head.js';
import { WriteBuffer } from './http/write-buffer.js';
import { authenticationHeaders, basePath, type Target } from './target.js';

export interface ForwardOptions {
  /** Path and query at the cluster, byte for byte as they go out. */
  path: string;
  /** Under which path of Archon the client sees the cluster's API. */
  prefix: string;
  /** Answers without a time limit, each on a connection of its own. A `watch` is told when Archon shuts down; `bytes` are broken off. */
  streaming: 'watch' | 'bytes' | undefined;
  /** Sent as it comes. */
  body: Readable | undefined;
  /** Put before the cluster's own headers: names and values in turn. */
  headers: readonly string[];
  /** Called instead of an answer when the cluster could not be reached. Never after the answer has begun. */
  onFailure: (failure: ApiError) => void;
}

/** What may wait for a slow client, per answer; above it the cluster is not read. */
const MAX_UNSENT_BYTES = 128 * 1024;

/** Passes requests on to clusters as they are and streams the answers back with backpressure: memory does not grow with size. */
export class Forwarder {
  private readonly streams = new Set<ForwardedResponse>();

  constructor(private readonly connections: Connections) {}

  forward(target: Target, request: ClientRequest, response: ClientResponse, options: ForwardOptions): OpenStream {
    const handler = new ForwardedResponse(this.connections, target, request, response, options);
    handler.send();
    if (options.streaming !== undefined) {
      this.streams.add(handler);
      response.once('close', () => this.streams.delete(handler));
    }
    if (response.destroyed) handler.clientGone();
    return handler;
  }

  /** Ends the open streams in order and tells their clients why. */
  endStreams(why: string): void {
    for (const stream of this.streams) stream.end(new ApiError('ServiceUnavailable', why));
  }
}

/** Writes a cluster's answer to the client. Joins what arrives in one turn of the event loop into one write. */
class ForwardedResponse implements ResponseHandler, OpenStream {
  private exchange: Exchange | undefined;
  private passage: Passage | undefined;
  /** As it was asked: its credential may be newer than the target's. */
  private cluster: ClusterConnection;
  private wasRefused = false;
  private left = -1;
  private isJson = false;
  private gathered: WriteBuffer | undefined;
  private unsent = 0;
  private endsWithLine = true;
  /** Of a stream: bytes of its body, and one for its head. */
  private arrived = 0;

  constructor(
    private readonly connections: Connections,
    private readonly target: Target,
    private readonly request: ClientRequest,
    private readonly response: ClientResponse,
    private readonly options: ForwardOptions,
  ) {
    this.cluster = target.cluster;
    response.on('close', () => this.clientGone());
  }

  /** Throws when the cluster gets no more requests now. */
  send(): void {
    const { request, options } = this;
    const link = this.connections.of(this.target.cluster);
    const cluster = link.connection;
    this.passage = link.enter(options.streaming === undefined ? 'forwarded' : 'streams');
    this.cluster = cluster;
    if (options.streaming !== undefined) this.response.once('close', link.register(this));
    const pool = options.streaming === undefined ? link.forwarded : link.forwardedStreams;
    this.exchange = pool.send(
      {
        method: request.method ?? 'GET',
        path: `${basePath(cluster)}${options.path}`,
        headers: requestHeaders(request.headers),
        authentication: authenticationHeaders({ cluster, identity: this.target.identity }),
        body: options.body,
      },
      this,
    );
  }

  received(): number {
    return this.arrived;
  }

  /** Nobody waits for the answer, or for more of it. */
  clientGone(): void {
    this.exchange?.abort();
    this.passage?.ended();
  }

  onHead(head: ResponseHead): void {
    const { status, headers, body } = head;
    this.passage?.answered(status);
    if (status === 401 && !this.wasRefused) {
      this.refused(head);
      return;
    }
    this.left = typeof body === 'number' ? body : -1;
    this.isJson = isJson(headers);
    this.response.writeHead(status, [...this.options.headers, ...responseHeaders(headers, this.options.prefix)]);
    if (this.options.streaming === undefined) return;
    this.arrived++;
    this.response.flushHeaders();
  }

  onData(content: Buffer): void {
    if (this.options.streaming !== undefined) {
      this.endsWithLine = content[content.length - 1] === 0x0a;
      this.arrived += content.length;
    }
    if (this.left === content.length && this.gathered === undefined) {
      // As text, which is joined with the head: one write, and no memory outside of the heap.
      this.response.end(content.toString('latin1'), 'latin1');
      return;
    }
    if (this.left > 0) this.left -= content.length;
    for (let taken = 0; taken < content.length; ) {
      this.gathered ??= this.gather();
      taken += this.gathered.add(content, taken);
      if (this.gathered.isFull) this.flush();
    }
    if (this.unsent > MAX_UNSENT_BYTES) this.exchange?.pause();
  }

  onEnd(): void {
    this.passage?.ended();
    this.flush();
    if (!this.response.writableEnded) this.response.end();
  }

  onError(error: Error): void {
    this.passage?.ended(error);
    if (this.response.writableEnded) return; // the answer is complete, if by our own hand
    if (this.response.headersSent) this.response.destroy();
    else if (!this.response.destroyed) this.options.onFailure(connectionFailure(this.cluster.name, error));
  }

  /**
   * The cluster does not take Archon's own credential: callers are impersonated. Where that was replaced meanwhile the request had no
   * effect, and is sent again if it is there to be sent.
   */
  private refused(head: ResponseHead): void {
    this.wasRefused = true;
    const { exchange, cluster } = this;
    if (exchange === undefined) return;
    const held = new HeldAnswer(head);
    exchange.handler = held;
    exchange.pause();
    void this.connections.newerThan(cluster).then((newer) => {
      if (this.response.destroyed || this.response.writableEnded) return;
      if (newer !== undefined) this.sendAgain();
      else {
        exchange.handler = this;
        held.passTo(this);
        exchange.resume();
      }
    });
  }

  private sendAgain(): void {
    this.exchange?.abort();
    this.passage?.ended();
    const { method } = this.request;
    if (this.options.body !== undefined || (method !== 'GET' && method !== 'HEAD')) {
      this.options.onFailure(replaced(this.cluster.name));
      return;
    }
    try {
      this.send();
    } catch (error) {
      this.options.onFailure(connectionFailure(this.cluster.name, error));
    }
  }

  /** Begins to gather; what came by the end of the turn is sent then. */
  private gather(): WriteBuffer {
    setImmediate(() => this.flush());
    return WriteBuffer.take();
  }

  private flush(): void {
    const { gathered } = this;
    if (gathered === undefined) return;
    this.gathered = undefined;
    const bytes = gathered.content;
    this.unsent += bytes.length;
    // Not 'drain', which is not emitted for each write, nor when the client is gone.
    this.response.write(bytes, (error) => {
      this.unsent -= bytes.length;
      if (error) return;
      gathered.release();
      if (this.unsent <= MAX_UNSENT_BYTES) this.exchange?.resume();
    });
  }

  /** A JSON watch ends with an ERROR event that says why. Anything else is broken off, so that a part is not taken for the whole. */
  end(failure: ApiError): void {
    if (this.response.writableEnded) return;
    this.flush();
    if (!this.response.headersSent) this.options.onFailure(failure);
    else if (this.options.streaming === 'watch' && this.isJson && this.left < 0 && this.endsWithLine)
      this.response.end(`${JSON.stringify({ type: 'ERROR', object: failure.toStatus() })}\n`);
    else this.response.destroy();
    this.exchange?.abort();
  }
}

const replaced = (cluster: string): ApiError =>
  new ApiError(
    'ServiceUnavailable',
    `cluster "${cluster}" refused Archon's credential, which is being replaced: the request had no effect, try again`,
    { cluster, retryAfterSeconds: 1 },
  );

function isJson(headers: readonly string[]): boolean {
  const at = headers.indexOf('content-type');
  return at >= 0 && headers[at + 1]?.startsWith('application/json') === true;
}
