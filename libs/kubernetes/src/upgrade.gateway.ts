import { createHash } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError } from '#errors';
import type { AddressPolicy } from './checked-lookup.gateway.js';
import { type OpenStream, tlsOptions } from './cluster-link.gateway.js';
import { connectionFailure } from './connection-failure.js';
import type { Connections } from './connections.gateway.js';
import { responseHeaders, upgradeHeaders } from './forwarded-headers.js';
import { authenticationHeaders, basePath, type Target } from './target.js';

const HANDSHAKE_TIMEOUT_MS = 30_000;
/** How long the peer of an ended session may take to close its own side. */
const LINGER_MS = 5000;
const SWITCH_HEADERS = ['connection', 'upgrade', 'sec-websocket-accept', 'sec-websocket-protocol', 'x-stream-protocol-version'];
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455 §1.3
/** RFC 6455 §5.5.1: a close frame with code 1001, "going away". */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/**
 * exec, attach and port-forward: a connection of its own per session (nothing of another session can be left on it), spliced only after
 * the cluster has really switched protocols. A refusal is relayed, then both sides are closed.
 */
export class UpgradeForwarder {
  private readonly sessions = new Set<Session>();

  constructor(
    private readonly connections: Connections,
    private readonly connectTimeoutMs: number,
    private readonly addresses: AddressPolicy,
  ) {}

  /**
   * `onAnswer` is told the status code of what the cluster answers. `onFailure` renders a failure to reach the cluster; it must end the
   * client's socket.
   */
  forward(
    target: Target,
    request: IncomingMessage,
    client: Duplex,
    head: Buffer,
    options: { path: string; prefix: string; onAnswer: (code: number) => void; onFailure: (failure: ApiError) => void },
  ): void {
    const { hostname, port } = new URL(target.cluster.endpoint);
    const refusal = this.addresses.refusalOf(hostname);
    if (refusal !== undefined) {
      options.onFailure(connectionFailure(target.cluster.name, refusal));
      return;
    }
    const link = this.connections.of(target.cluster);
    const passage = link.enter('streams');
    client.once('close', () => passage.ended());
    const upstream = https.request({
      ...tlsOptions(target.cluster),
      lookup: this.addresses.lookup,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || 443,
      method: request.method ?? 'GET',
      path: `${basePath(target.cluster)}${options.path}`,
      headers: ['host', new URL(target.cluster.endpoint).host, ...upgradeHeaders(request.headers, authenticationHeaders(target))],
      agent: false,
    });
    const abandon = () => upstream.destroy();
    client.once('close', abandon).once('error', abandon);
    let timer = failAfter(upstream, this.connectTimeoutMs, 'UND_ERR_CONNECT_TIMEOUT');
    upstream.once('socket', (socket) =>
      socket.once('secureConnect', () => {
        clearTimeout(timer);
        timer = failAfter(upstream, HANDSHAKE_TIMEOUT_MS, 'UND_ERR_HEADERS_TIMEOUT');
      }),
    );

    upstream.once('upgrade', (answer, socket, first) => {
      clearTimeout(timer);
      passage.answered(101);
      if (!isValidSwitch(request, answer)) {
        socket.destroy();
        options.onFailure(brokeOff(target));
        return;
      }
      options.onAnswer(101);
      const lines = SWITCH_HEADERS.flatMap((name) =>
        [answer.headers[name]].flat().flatMap((value) => (value === undefined ? [] : [`${name}: ${value}`])),
      );
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      if (first.length > 0) client.write(first);
      if (head.length > 0) socket.write(head);
      const session = this.splice(client, socket, answer.headers.upgrade?.toLowerCase() === 'websocket');
      socket.once('close', link.register(session));
    });
    upstream.once('response', (answer) => {
      clearTimeout(timer);
      passage.answered(answer.statusCode ?? 0);
      if ((answer.statusCode ?? 0) < 200) {
        upstream.destroy();
        options.onFailure(brokeOff(target));
        return;
      }
      options.onAnswer(answer.statusCode ?? 0);
      const passed = responseHeaders(answer.rawHeaders, options.prefix);
      const headers = passed.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${passed[index + 1]}`] : []));
      // The length is unknown when the cluster sent chunks: the end of the connection marks the end of the body.
      client.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${[...headers, 'connection: close'].join('\r\n')}\r\n\r\n`);
      answer.once('end', () => endInTime(client)).once('error', () => client.destroy());
      answer.pipe(client, { end: false });
    });
    upstream.once('error', (error) => {
      clearTimeout(timer);
      passage.ended(client.destroyed ? undefined : error);
      if (!client.destroyed && client.writable) options.onFailure(connectionFailure(target.cluster.name, error));
    });
    upstream.end();
  }

  get open(): number {
    return this.sessions.size;
  }

  /** Ends all sessions; WebSocket clients are told with a close frame. */
  endSessions(): void {
    for (const session of this.sessions) session.end();
  }

  private splice(client: Duplex, cluster: Socket, webSocket: boolean): Session {
    const session = new Session(client, cluster, webSocket);
    this.sessions.add(session);
    for (const [one, other] of [
      [client, cluster],
      [cluster, client],
    ] as const) {
      one.pipe(other);
      one.once('error', () => other.destroy());
      one.once('close', () => {
        this.sessions.delete(session);
        // After an orderly end, what the other side hasn't got yet still goes to it.
        if (one.readableEnded || other.writableEnded) endInTime(other);
        else other.destroy();
      });
    }
    return session;
  }
}

/** Two spliced connections. */
class Session implements OpenStream {
  constructor(
    private readonly client: Duplex,
    private readonly cluster: Socket,
    private readonly webSocket: boolean,
  ) {}

  received(): number {
    return this.cluster.bytesRead;
  }

  end(): void {
    if (this.webSocket) this.client.write(GOING_AWAY);
    this.client.end();
    this.cluster.destroy();
  }
}

const brokeOff = ({ cluster: { name } }: Target) =>
  new ApiError('ServiceUnavailable', `cluster "${name}" broke off the change of protocol`, { cluster: name });

function failAfter(upstream: ClientRequest, ms: number, code: string): NodeJS.Timeout {
  return setTimeout(() => upstream.destroy(Object.assign(new Error('no answer'), { code })), ms);
}

/** Closes a connection when all is written to it and its peer has closed too, or has had the time to. */
function endInTime(socket: Duplex): void {
  const linger = () => setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.resume().end();
  if (socket.writableFinished) linger();
  else socket.once('finish', linger);
}

/** CVE-2018-1002105 in short: only a completed change of protocol may open the raw pipe. */
function isValidSwitch(request: IncomingMessage, answer: IncomingMessage): boolean {
  if (answer.statusCode !== 101 || answer.headers.upgrade?.toLowerCase() !== request.headers.upgrade?.toLowerCase()) return false;
  const key = request.headers['sec-websocket-key'];
  return (
    key === undefined || answer.headers['sec-websocket-accept'] === createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64')
  );
}
