import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Answer, join, observe, pairs, toHead } from './recording-api-server-answer.js';
import type { Backend, Upgrade } from './recording-api-server-backend.js';
import type { RecordedRequest } from './recording-api-server-record.js';

/** A real API server and the client certificate to reach it with. */
export interface ForwardTarget {
  url: string;
  caFile: string;
  clientCertFile: string;
  clientKeyFile: string;
}

/** The API server behind the recorder can't be reached, or broke off before it answered. */
export class ForwardError extends Error {}

/** Hands requests on as they came, but for the caller's Authorization, whose place the client certificate takes, and a Connection header of its own. */
export class ForwardBackend implements Backend {
  private readonly url: URL;
  private readonly agent: Agent;

  constructor({ url, caFile, clientCertFile, clientKeyFile }: ForwardTarget) {
    this.url = new URL(url);
    this.agent = new Agent({
      keepAlive: true,
      ca: readFileSync(caFile),
      cert: readFileSync(clientCertFile),
      key: readFileSync(clientKeyFile),
    });
  }

  answer(request: RecordedRequest, signal: AbortSignal): Promise<Answer> {
    const upstream = this.send(request, signal);
    upstream.end(request.body);
    return new Promise((resolve, reject) => {
      upstream.on('response', (response) => resolve(toAnswer(response)));
      upstream.on('error', (cause) => reject(new ForwardError(`forwarding to ${this.url.href} failed`, { cause })));
    });
  }

  upgrade(request: RecordedRequest, _message: IncomingMessage, signal: AbortSignal): Promise<Answer | Upgrade> {
    const upstream = this.send(request, signal);
    upstream.end();
    return new Promise((resolve, reject) => {
      upstream.on('response', (response) => resolve(toAnswer(response)));
      upstream.on('upgrade', (response: IncomingMessage, peer: Duplex, peerHead: Buffer) =>
        resolve({
          accept: (socket, head) => splice(request, response, socket, head, peer, peerHead),
          abandon: () => peer.destroy(),
        }),
      );
      upstream.on('error', (cause) => reject(new ForwardError(`forwarding to ${this.url.href} failed`, { cause })));
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private send({ method, url, rawHeaders }: RecordedRequest, signal: AbortSignal): ClientRequest {
    return httpsRequest({
      host: this.url.hostname,
      port: this.url.port || 443,
      agent: this.agent,
      method,
      path: url,
      headers: pairs(rawHeaders)
        .filter(([name]) => name.toLowerCase() !== 'authorization')
        .flat(),
      signal,
    });
  }
}

function toAnswer(response: IncomingMessage): Answer {
  return { status: response.statusCode ?? 0, headers: response.rawHeaders, body: response };
}

function splice(request: RecordedRequest, response: IncomingMessage, socket: Duplex, head: Buffer, peer: Duplex, peerHead: Buffer): void {
  socket.write(`${toHead(`101 ${response.statusMessage ?? ''}`, response.rawHeaders)}\r\n`);
  if (head.length > 0) socket.unshift(head);
  if (peerHead.length > 0) peer.unshift(peerHead);
  join(socket, peer);
  socket.pipe(observe((data) => request.received.push({ at: Date.now(), data }))).pipe(peer);
  peer.pipe(socket);
}
