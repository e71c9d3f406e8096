import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ArchonClient } from './http-client.js';
import { RecordingApiServer } from './recording-api-server.js';
import { eventually } from './wait-for.js';

const POD = '/api/v1/namespaces/default/pods/web';
const V5 = 'v5.channel.k8s.io';

/** A WebSocket client that keeps the frames it gets. */
class Frames {
  readonly received: Buffer[] = [];
  readonly socket: WebSocket;

  constructor(server: RecordingApiServer, path: string, protocols: string[], { token } = server) {
    this.socket = new WebSocket(`${server.url.replace('https', 'wss')}${path}`, protocols, {
      ca: server.caPem,
      headers: { Authorization: `Bearer ${token}` },
    });
    this.socket.on('message', (data: Buffer) => this.received.push(data));
  }

  async get(...frames: (number | string)[][]): Promise<void> {
    const expected = frames.map(([channel, ...rest]) =>
      Buffer.concat([
        Buffer.from([Number(channel)]),
        ...rest.map((each) => (typeof each === 'string' ? Buffer.from(each) : Buffer.from([each]))),
      ]),
    );
    await eventually(() => this.received.length >= expected.length, { what: `${expected.length} frames`, timeoutMs: 3000 });
    expect(this.received).toEqual(expected);
  }
}

describe('the upgrades of a RecordingApiServer', () => {
  let server: RecordingApiServer;
  let client: ArchonClient;

  beforeEach(async () => {
    server = await RecordingApiServer.start();
    client = new ArchonClient(server);
    server.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
  });

  afterEach(async () => {
    await client.close();
    await server.close();
  });

  function upgrade(path: string, protocol: string, ...headers: string[]): string {
    const lines = ['Host: x', `Authorization: Bearer ${server.token}`, 'Connection: Upgrade', `Upgrade: ${protocol}`, ...headers];
    return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  }

  it('echo stdin on the channels of exec, record it, and end with a Status', async () => {
    const exec = new Frames(server, `${POD}/exec?command=sh&command=-i&stdin=true`, [V5, 'v4.channel.k8s.io']);
    await exec.get([1, 'sh -i\n']);
    expect(exec.socket.protocol).toBe(V5);
    exec.socket.send(Buffer.from('\u0000hello'));
    exec.socket.send(Buffer.from('\u0004{"Width":80,"Height":24}'));
    await exec.get([1, 'sh -i\n'], [1, 'hello']);
    const closed = once(exec.socket, 'close');
    exec.socket.send(Buffer.from([255, 0]));
    expect((await closed)[0]).toBe(1000);
    await exec.get([1, 'sh -i\n'], [1, 'hello'], [3, '{"metadata":{},"status":"Success"}']);
    const [request] = server.requests;
    expect([request?.status, request?.received.map(({ data }) => data.toString('latin1'))]).toEqual([
      101,
      ['\u0000hello', '\u0004{"Width":80,"Height":24}', '\u00ff\u0000'],
    ]);
  });

  it('speak v4, and end at once without stdin', async () => {
    const exec = new Frames(server, `${POD}/exec?command=id`, ['v4.channel.k8s.io']);
    const closed = once(exec.socket, 'close');
    await closed;
    await exec.get([1, 'id\n'], [3, '{"metadata":{},"status":"Success"}']);
    expect(exec.socket.protocol).toBe('v4.channel.k8s.io');
  });

  it('forward ports on pairs of channels that begin with the port', async () => {
    const forward = new Frames(server, `${POD}/portforward?ports=8080,9`, ['v4.channel.k8s.io']);
    await forward.get([0, 0x90, 0x1f], [1, 0x90, 0x1f], [2, 9, 0], [3, 9, 0]);
    forward.socket.send(Buffer.from([2, 7, 7]));
    await forward.get([0, 0x90, 0x1f], [1, 0x90, 0x1f], [2, 9, 0], [3, 9, 0], [2, 7, 7]);
    forward.socket.terminate();
  });

  it('do not compress, whatever the client offers', async () => {
    const { socket } = new Frames(server, `${POD}/attach?stdin=true`, [V5]);
    await once(socket, 'open');
    expect(server.requests[0]?.header('sec-websocket-extensions')).toEqual([expect.stringContaining('permessage-deflate')]);
    expect(socket.extensions).toBe('');
    socket.terminate();
  });

  it('echo raw bytes after SPDY, also those that came with the request', async () => {
    const connection = await client.openRaw();
    connection.write(`${upgrade(`${POD}/exec?command=sh`, 'SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io')}early`);
    await connection.receives(/^HTTP\/1\.1 101 [^]*Upgrade: SPDY\/3\.1\r\nX-Stream-Protocol-Version: v4\.channel\.k8s\.io\r\n\r\nearly$/);
    connection.write('\u0080\u00ff');
    await connection.receives(/early\u0080\u00ff$/);
    expect(Buffer.concat(server.requests[0]?.received.map(({ data }) => data) ?? []).toString('latin1')).toBe('early\u0080\u00ff');
    connection.close();
  });

  it.each([
    ['without a token', POD, 401, 'wrong'],
    ['of a Pod that does not exist', '/api/v1/namespaces/default/pods/none', 404, undefined],
  ])('%s are refused', async (_case, pod, status, token) => {
    const { socket } = new Frames(server, `${pod}/exec?command=sh`, [V5], { token: token ?? server.token } as RecordingApiServer);
    const [error] = (await once(socket, 'error', { signal: AbortSignal.timeout(3000) }).catch((reason: unknown) => [reason])) as [Error];
    expect(error.message).toContain(`Unexpected server response: ${status}`);
    expect(server.requests[0]?.status).toBe(status);
  });

  it('are refused without a known protocol', async () => {
    const { socket } = new Frames(server, `${POD}/exec?command=sh`, ['chat']);
    const [error] = (await once(socket, 'error', { signal: AbortSignal.timeout(3000) }).catch((reason: unknown) => [reason])) as [Error];
    expect(error.message).toContain('400');
  });

  it('that are refused leave a connection on which further requests are recorded', async () => {
    server.on({ path: /exec$/ }, { action: 'answer', status: 403, body: 'no' });
    const connection = await client.openRaw();
    const next = (number: number): string => `GET /version?${number} HTTP/1.1\r\nHost: x\r\nX-Remote-User: root\r\n\r\n`;
    connection.write(upgrade(`${POD}/exec?command=sh`, 'websocket') + next(1));
    await connection.receives(/403 [^]*\r\n\r\nno[^]*gitVersion/);
    connection.write(next(2));
    await connection.receives(/gitVersion[^]*gitVersion/);
    expect(server.requests.map(({ url, connectionId }) => [url.split('?')[0], connectionId])).toEqual([
      [`${POD}/exec`, 1],
      ['/version', 1],
      ['/version', 1],
    ]);
    connection.close();
  });

  it('wait for the callbacks and pass through the hooks, before and after', async () => {
    const order: string[] = [];
    server.beforeEach = () => order.push('beforeEach');
    server.afterEach = () => order.push('afterEach');
    server.on({ path: /exec$/ }, () => void order.push('before'));
    server.on({ path: /exec$/ }, { action: 'reset' }, { when: 'after' });
    const connection = await client.openRaw();
    connection.write(upgrade(`${POD}/exec?command=sh`, 'SPDY/3.1'));
    await connection.receives();
    expect(connection.socket.errored).toMatchObject({ code: 'ECONNRESET' });
    expect(order).toEqual(['beforeEach', 'before', 'afterEach']);
  });

  it('can be taken over by a hostile server', async () => {
    server.on({ path: /exec$/ }, { action: 'takeOver', run: (socket) => socket.write('HTTP/1.1 101 Maybe\r\n\r\n') });
    const connection = await client.openRaw();
    connection.write(upgrade(`${POD}/exec?command=sh`, 'websocket'));
    expect(await connection.receives(/\r\n\r\n$/)).toBe('HTTP/1.1 101 Maybe\r\n\r\n');
    connection.close();
  });
});
