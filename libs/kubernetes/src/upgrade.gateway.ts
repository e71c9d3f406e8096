import { createHash } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { ApiError } from '#errors';
import type { AddressPolicy } from './checked-lookup.gateway.js';
import { tlsOptions } from './cluster-link.gateway.js';
import { connectionFailure } from './connection-failure.js';
import type { Connections } from './connections.gateway.js';
import { offeredProtocols, responseHeaders, upgradeHeaders } from './forwarded-headers.js';
import { authenticationHeaders, basePath, type Target } from './target.js';
import { UpgradedSession } from './upgraded-session.gateway.js';

const HANDSHAKE_TIMEOUT_MS = 30_000;
/** How long the peer of an ended session may take to close its own side. */
const LINGER_MS = 5000;
const SWITCH_HEADERS = ['connection', 'upgrade', 'sec-websocket-accept', 'sec-websocket-protocol', 'x-stream-protocol-version'];
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455 §1.3
/** Sooner than the idle limit of load balancers on the way to a cluster. */
const TCP_KEEP_ALIVE_MS = 15_000;

/**
 * exec, attach and port-forward: a connection of its own per session (nothing of another session can be left on it), spliced only after
 * the cluster has really switched protocols. A refusal is relayed, then both sides are closed.
 */
export class UpgradeForwarder {
  private readonly sessions = new Set<UpgradedSession>();

  constructor(
    private readonly connections: Connections,
    private readonly connectTimeoutMs: number,
    private readonly addresses: AddressPolicy,
    private readonly heartbeatMs: number,
  ) {}

  /**
   * `onAnswer` is told the status code of what the cluster answers, `onOpen` is given the session when the protocol has changed.
   * `onFailure` renders a failure to reach the cluster; it must end the client's socket.
   */
  forward(
    target: Target,
    request: IncomingMessage,
    client: Duplex,
    head: Buffer,
    options: {
      path: string;
      prefix: string;
      onAnswer: (code: number) => void;
      onOpen: (session: UpgradedSession) => void;
      onFailure: (failure: ApiError) => void;
    },
  ): void {
    const link = this.connections.of(target.cluster);
    const cluster = link.connection;
    const { hostname, port } = new URL(cluster.endpoint);
    const refusal = this.addresses.refusalOf(hostname);
    if (refusal !== undefined) {
      options.onFailure(connectionFailure(target.cluster.name, refusal));
      return;
    }
    const passage = link.enter('streams');
    client.once('close', () => passage.ended());
    const upstream = https.request({
      ...tlsOptions(cluster),
      lookup: this.addresses.lookup,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || 443,
      method: request.method ?? 'GET',
      path: `${basePath(cluster)}${options.path}`,
      headers: [
        'host',
        new URL(cluster.endpoint).host,
        ...upgradeHeaders(request.headers, authenticationHeaders({ cluster, identity: target.identity })),
      ],
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
      socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
      const session = new UpgradedSession(client, socket, { protocol: request.headers.upgrade ?? '', heartbeatMs: this.heartbeatMs });
      this.sessions.add(session);
      const unregister = link.register(session);
      session.splice(first, head, () => {
        this.sessions.delete(session);
        unregister();
      });
      options.onOpen(session);
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

  /** Ends all sessions; WebSocket clients are told why. */
  endSessions(why: string): void {
    for (const session of this.sessions) session.end(new ApiError('ServiceUnavailable', why));
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
  const selected = answer.headers['sec-websocket-protocol'];
  if (selected !== undefined && !offeredProtocols(request.headers).includes(selected)) return false;
  const key = request.headers['sec-websocket-key'];
  return (
    key === undefined || answer.headers['sec-websocket-accept'] === createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64')
  );
}
