import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { StatusError, toHead } from './recording-api-server-answer.js';
import type { Upgrade } from './recording-api-server-backend.js';
import type { RecordedRequest } from './recording-api-server-record.js';

const STDIN = 0;
const STDOUT = 1;
const STATUS = 3;
const CLOSE = 255;
const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

/** Takes no part in listening; it only shakes hands. Compression stays off, as at a kube-apiserver. */
const webSockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: (offered) => [...CHANNEL_PROTOCOLS, TUNNEL_PROTOCOL].find((protocol) => offered.has(protocol)) ?? false,
});

/** The upgrade of exec, attach or portforward: an echo. Throws a StatusError when the client offers no protocol that is known here. */
export function toUpgrade(request: RecordedRequest, message: IncomingMessage, subresource: string): Upgrade {
  const protocol = (message.headers.upgrade ?? '').toLowerCase();
  if (protocol === 'spdy/3.1') return { accept: (socket, head) => echoRaw(request, socket, head), abandon };
  const offered = (message.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  if (protocol !== 'websocket' || ![...CHANNEL_PROTOCOLS, TUNNEL_PROTOCOL].some((each) => offered.includes(each)))
    throw new StatusError(400, 'BadRequest', `unable to upgrade: no known protocol among "${offered.join(', ')}"`);
  return {
    accept: (socket, head) =>
      webSockets.handleUpgrade(message, socket, head, (webSocket) => {
        webSocket.on('error', () => webSocket.terminate());
        webSocket.on('message', (data) => request.received.push({ at: Date.now(), data: toBuffer(data) }));
        if (webSocket.protocol === TUNNEL_PROTOCOL) webSocket.on('message', (data) => webSocket.send(toBuffer(data)));
        else if (subresource === 'portforward')
          forwardPorts(
            webSocket,
            request.query.getAll('ports').flatMap((ports) => ports.split(',')),
          );
        else runShell(webSocket, request.query);
      }),
    abandon,
  };
}

/** Nothing is open before the handshake. */
function abandon(): void {}

/** SPDY isn't spoken: after the 101, bytes come back as they are. */
function echoRaw(request: RecordedRequest, socket: Duplex, head: Buffer): void {
  const version = request.header('x-stream-protocol-version')[0];
  const versionHeader = version === undefined ? [] : ['X-Stream-Protocol-Version', version];
  socket.write(`${toHead('101 Switching Protocols', ['Connection', 'Upgrade', 'Upgrade', 'SPDY/3.1', ...versionHeader])}\r\n`);
  const echo = (data: Buffer): void => {
    request.received.push({ at: Date.now(), data });
    socket.write(data);
  };
  if (head.length > 0) echo(head);
  socket.on('data', echo);
  socket.on('end', () => socket.end());
}

/** Says its command on stdout, then gives stdin back on stdout until stdin is closed; without stdin it ends at once. */
function runShell(webSocket: WebSocket, query: URLSearchParams): void {
  const finish = (): void => {
    webSocket.send(frame(STATUS, JSON.stringify({ metadata: {}, status: 'Success' })));
    webSocket.close(1000);
  };
  webSocket.send(frame(STDOUT, `${query.getAll('command').join(' ')}\n`));
  if (query.get('stdin') !== 'true') return finish();
  webSocket.on('message', (data) => {
    const [channel, closed] = toBuffer(data);
    if (channel === STDIN) webSocket.send(frame(STDOUT, toBuffer(data).subarray(1)));
    else if (channel === CLOSE && closed === STDIN) finish();
  });
}

/** Two channels per port, data and error, which begin with the number of the port; data come back as they are. */
function forwardPorts(webSocket: WebSocket, ports: string[]): void {
  for (const [index, port] of ports.entries()) {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(Number(port));
    webSocket.send(frame(2 * index, number));
    webSocket.send(frame(2 * index + 1, number));
  }
  webSocket.on('message', (data) => {
    const [channel = 1] = toBuffer(data);
    if (channel % 2 === 0) webSocket.send(toBuffer(data));
  });
}

function frame(channel: number, data: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from([channel]), Buffer.from(data)]);
}

function toBuffer(data: RawData): Buffer {
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
}
