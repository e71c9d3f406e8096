import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { ApiError } from '#errors';
import type { OpenStream, Passage } from './cluster-link.gateway.js';
import { connectionFailure } from './connection-failure.js';
import type { Connections } from './connections.gateway.js';
import { requestHeaders, responseHeaders } from './forwarded-headers.js';
import { authenticationHeaders, basePath, type Target } from './target.js';

export interface ForwardOptions {
  /** Path and query at the cluster, byte for byte as they go out. */
  path: string;
  /** Under which path of Archon the client sees the cluster's API. */
  prefix: string;
  /** Answers without a time limit, each on a connection of its own. A `watch` is told when Archon shuts down; `bytes` are broken off. */
  streaming: 'watch' | 'bytes' | undefined;
  /** Called instead of an answer when the cluster could not be reached. Never after the answer has begun. */
  onFailure: (failure: ApiError) => void;
}

/** What may wait for a slow client, per answer; above it the cluster is not read. */
const MAX_UNSENT_BYTES = 128 * 1024;

/** Passes requests on to clusters as they are and streams the answers back with backpressure: memory does not grow with size. */
export class Forwarder {
  private readonly streams = new Set<ForwardedResponse>();

  constructor(private readonly connections: Connections) {}

  forward(target: Target, request: IncomingMessage, response: ServerResponse, options: ForwardOptions): void {
    const link = this.connections.of(target.cluster);
    const passage = link.enter(options.streaming === undefined ? 'forwarded' : 'streams');
    const handler = new ForwardedResponse(target.cluster.name, response, options, passage);
    if (options.streaming !== undefined) {
      this.streams.add(handler);
      const unregister = link.register(handler);
      response.once('close', () => {
        this.streams.delete(handler);
        unregister();
      });
    }
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    const pool = options.streaming === undefined ? link.forwarded : link.streams;
    pool.dispatch(
      {
        path: `${basePath(target.cluster)}${options.path}`,
        method: request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(request.headers, authenticationHeaders(target)),
        body: hasBody ? request : null,
      },
      handler,
    );
  }

  /** Ends the open streams in order and tells their clients why. */
  endStreams(why: string): void {
    for (const stream of this.streams) stream.end(new ApiError('ServiceUnavailable', why));
  }
}

/** Writes a cluster's answer to the client. Joins what arrives in one turn of the event loop into one write. */
class ForwardedResponse implements Dispatcher.DispatchHandler, OpenStream {
  private left = -1;
  private corked = false;
  private unsent = 0;
  private endsWithLine = true;
  /** Of a stream: bytes of its body, and one for its head. */
  private arrived = 0;
  private controller: Dispatcher.DispatchController | undefined;

  constructor(
    private readonly cluster: string,
    private readonly response: ServerResponse,
    private readonly options: ForwardOptions,
    private readonly passage: Passage,
  ) {}

  received(): number {
    return this.arrived;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    const gone = () => controller.abort(new Error('the client closed the connection'));
    if (this.response.destroyed) gone();
    else this.response.once('close', () => !this.response.writableFinished && gone());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, code: number, headers: IncomingHttpHeaders): void {
    if (code < 200) return;
    this.passage.answered(code);
    this.left = Number(headers['content-length'] ?? -1);
    this.response.writeHead(code, responseHeaders(headers, this.options.prefix));
    if (this.options.streaming === undefined) return;
    this.arrived++;
    this.response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.options.streaming !== undefined) {
      this.endsWithLine = chunk[chunk.length - 1] === 0x0a;
      this.arrived += chunk.length;
    }
    if (this.left === chunk.length && !this.corked) {
      this.response.end(chunk); // small answers leave in one packet with their head
      return;
    }
    if (this.left > 0) this.left -= chunk.length;
    if (!this.corked) {
      this.corked = true;
      this.response.cork();
      setImmediate(() => {
        this.corked = false;
        this.response.uncork();
      });
    }
    this.unsent += chunk.length;
    if (this.unsent > MAX_UNSENT_BYTES) controller.pause();
    // Not 'drain': a response that was corked when its socket drained never emits it.
    this.response.write(chunk, (error) => {
      this.unsent -= chunk.length;
      if (!error && this.unsent <= MAX_UNSENT_BYTES) controller.resume();
    });
  }

  onResponseEnd(): void {
    this.passage.ended();
    if (!this.response.writableEnded) this.response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.passage.ended(error);
    if (this.response.writableEnded) return; // the answer is complete, if by our own hand
    if (this.response.headersSent) this.response.destroy();
    else if (!this.response.destroyed) this.options.onFailure(connectionFailure(this.cluster, error));
  }

  /** A JSON watch ends with an ERROR event that says why. Anything else is broken off, so that a part is not taken for the whole. */
  end(failure: ApiError): void {
    if (this.response.writableEnded) return;
    const isJson = String(this.response.getHeader('content-type') ?? '').startsWith('application/json');
    if (!this.response.headersSent) this.options.onFailure(failure);
    else if (this.options.streaming === 'watch' && isJson && this.left < 0 && this.endsWithLine)
      this.response.end(`${JSON.stringify({ type: 'ERROR', object: failure.toStatus() })}\n`);
    else this.response.destroy();
    this.controller?.abort(failure);
  }
}
