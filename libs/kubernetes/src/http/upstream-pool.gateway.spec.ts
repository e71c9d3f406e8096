import { once } from 'node:events';
import type { AddressInfo, LookupFunction } from 'node:net';
import { lookup } from 'node:dns';
import { PassThrough } from 'node:stream';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '#pki';
import type { Exchange, UpstreamRequest } from './exchange.js';
import { UpstreamPool, type UpstreamPoolOptions } from './upstream-pool.gateway.js';

const GET: UpstreamRequest = { method: 'GET', path: '/', headers: ['accept', '*/*'], authentication: [], body: undefined };
const answer = (body: string, ...headers: string[]) =>
  [`HTTP/1.1 200 OK`, `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n');

let authority: CertificateAuthority;
let server: Server;
let pool: UpstreamPool;
/** The connections that the server accepted, and what arrived on each. */
let connections: { socket: TLSSocket; text: string }[];
/** What the server does once a head has arrived: number of the connection, number of the request on it. */
let onRequest: (socket: TLSSocket, connection: number, request: number) => void;

beforeAll(async () => {
  authority = await CertificateAuthority.create('pool test');
});

beforeEach(async () => {
  connections = [];
  const { certPem, keyPem } = await authority.issue({ commonName: 'server', sans: ['127.0.0.1'], usages: ['server'] });
  server = createServer({ cert: certPem, key: keyPem, noDelay: true }, (socket) => {
    const connection = { socket, text: '' };
    const number = connections.push(connection) - 1;
    let requests = 0;
    socket
      .on('error', () => undefined)
      .on('data', (bytes) => {
        connection.text += bytes.toString('latin1');
        for (const seen = connection.text.split('\r\n\r\n').length - 1; requests < seen; ) onRequest(socket, number, requests++);
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  pool = open();
});
afterEach(async () => {
  await pool.destroy();
  for (const { socket } of connections) socket.destroy();
  server.close();
});

function open(options: Partial<UpstreamPoolOptions> = {}): UpstreamPool {
  return new UpstreamPool({
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}/ignored`,
    tls: { ca: authority.certPem },
    addresses: { refusalOf: () => undefined, lookup: lookup as LookupFunction } as unknown as UpstreamPoolOptions['addresses'],
    connections: 2,
    connectTimeoutMs: 1000,
    keepAlive: { enable: true, initialDelay: 10_000, interval: 3000, count: 3 },
    quietSeconds: 1,
    ...options,
  });
}

/** Sends a request; the content of its answer, or its error. */
function send(request: Partial<UpstreamRequest> = {}, onData?: (exchange: Exchange) => void): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const exchange = pool.send(
    { ...GET, ...request },
    {
      onHead: () => undefined,
      onData: (content) => {
        text += content.toString('latin1');
        onData?.(exchange);
      },
      onEnd: () => resolve(text),
      onError: reject,
    },
  );
  return promise;
}

describe('a connection', () => {
  it('is used again after a complete answer, and no more than asked for are opened', async () => {
    onRequest = (socket, connection, request) => void setTimeout(() => socket.write(answer(`${connection}.${request}`)), 5);
    const answers = await Promise.all(Array.from({ length: 6 }, () => send()));
    expect(answers.sort()).toEqual(['0.0', '0.1', '0.2', '1.0', '1.1', '1.2']);
  });

  it.each<[string, (socket: TLSSocket, request: number) => void]>([
    ['the server says that it closes', (socket) => socket.write(answer('a', 'Connection: close'))],
    [
      'something came behind the answer (T12 CVE-2026-48931)',
      (socket) => socket.write(`${answer('a')}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`),
    ],
    [
      'something comes while it is idle',
      (socket) => {
        socket.write(answer('a'));
        setTimeout(() => socket.write(answer('poison')), 5);
      },
    ],
    ['the end of the connection was the end of the answer', (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\na')],
    ['a 204 announced a body', (socket) => socket.write('HTTP/1.1 204 No\r\nContent-Length: 6\r\n\r\npoison')],
    ['the server keeps none', (socket) => socket.write(answer('a', 'Keep-Alive: timeout=1'))],
  ])('is not used again when %s', async (_why, misbehave) => {
    onRequest = (socket, connection, request) => (connection === 0 ? misbehave(socket, request) : socket.write(answer('clean')));
    expect(['a', '']).toContain(await send());
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([await send(), connections.length]).toEqual(['clean', 2]);
  });

  it('is not used again after an answer that broke off', async () => {
    onRequest = (socket, connection) => void (connection === 0 ? socket.end(answer('abc').slice(0, -1)) : socket.write(answer('clean')));
    await expect(send()).rejects.toThrow('closed');
    expect(await send()).toBe('clean');
  });

  it('that the server closed while it was idle costs a read nothing, and a change is not made twice', async () => {
    // Closes at the sight of the second request, so that the client can't know before.
    onRequest = (socket, connection, request) => void (request === 1 ? socket.destroy() : socket.write(answer(`${connection}`)));
    expect([await send(), await send(), connections.length]).toEqual(['0', '1', 2]);
    await expect(send({ method: 'POST' })).rejects.toThrow();
    expect(connections.length).toBe(2);
  });
});

describe('an exchange', () => {
  it('is given up when nothing happens, and not while its reader pauses', async () => {
    onRequest = (socket, connection) => {
      if (connection === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na');
    };
    await expect(send()).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    const paused = send({}, (exchange) => {
      exchange.pause();
      setTimeout(() => connections[1]?.socket.write('b'), 2500);
      setTimeout(() => exchange.resume(), 3000);
    });
    expect(await paused).toBe('ab');
  });

  it('that is aborted closes its connection and is heard of no more', async () => {
    onRequest = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na');
    let calls = 0;
    await new Promise<void>((resolve) => {
      const exchange = pool.send(GET, {
        onHead: () => calls++,
        onData: () => {
          calls++;
          exchange.abort();
          resolve();
        },
        onEnd: () => calls++,
        onError: () => calls++,
      });
    });
    await once(connections[0]?.socket as TLSSocket, 'close');
    expect(calls).toBe(2);
  });

  it('that is aborted in the queue is never sent', async () => {
    onRequest = (socket) => void setTimeout(() => socket.write(answer('a')), 20);
    const running = [send(), send()];
    pool.send({ ...GET, path: '/never' }, { onHead: fail, onData: fail, onEnd: fail, onError: fail }).abort();
    await Promise.all([...running, send()]);
    expect(connections.some(({ text }) => text.includes('/never'))).toBe(false);
  });

  it('sends a body in chunks or of the length that it says, and ends with its client', async () => {
    onRequest = () => undefined;
    const chunked = new PassThrough();
    const first = send({ method: 'POST', body: chunked });
    chunked.write('hello');
    chunked.end(' you');
    const body =
      'POST / HTTP/1.1\r\nhost: 127.0.0.1:\\d+\r\naccept: \\*/\\*\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n4\r\n you\r\n0\r\n\r\n';
    await expect.poll(() => connections[0]?.text).toMatch(new RegExp(`^${body}$`));
    connections[0]?.socket.write(answer('done'));
    expect(await first).toBe('done');
    const sized = new PassThrough();
    const second = send({ method: 'POST', headers: ['content-length', '5'], body: sized });
    sized.write('he');
    await expect.poll(() => connections[0]?.text).toMatch(/content-length: 5\r\n\r\nhe$/);
    sized.destroy();
    await expect(second).rejects.toThrow();
    expect(connections[0]?.text).not.toMatch(/hello$/);
  });

  it.each(['/a b', '/a\r\nX: y', '/ü', ''])('with the path %j is refused', async (path) => {
    onRequest = (socket) => void socket.write(answer('a'));
    await expect(send({ path })).rejects.toThrow('the path must be printable ASCII');
    expect(await send()).toBe('a');
  });

  it.each(['a\r\nb: c', 'a\nb', 'a\0', 'č\u010d\u010a'])('with the value %j is refused', async (value) => {
    onRequest = (socket) => void socket.write(answer('a'));
    await expect(send({ headers: ['accept', value] })).rejects.toThrow('must be printable');
  });
});

it('tells all that wait when the server cannot be reached, and recovers', async () => {
  const { port } = server.address() as AddressInfo;
  server.close();
  const results = await Promise.allSettled([send(), send(), send()]);
  expect(results.map((result) => result.status === 'rejected' && (result.reason as { code: string }).code)).toEqual(
    Array(3).fill('ECONNREFUSED'),
  );
  onRequest = (socket) => void socket.write(answer('back'));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect(await send()).toBe('back');
});

it('does not speak to a server with a certificate of another authority', async () => {
  const stranger = await CertificateAuthority.create('stranger');
  pool = open({ tls: { ca: stranger.certPem } });
  await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/SIGNATURE|ISSUER|SELF_SIGNED/) as string });
  expect(connections).toEqual([]);
});

it('lets what is under way end when it is closed, and breaks it off when it is destroyed', async () => {
  onRequest = (socket) => void setTimeout(() => socket.write(answer('a')), 20);
  const running = [send(), send(), send()];
  await Promise.all([pool.close(), ...running]);
  await expect(send()).rejects.toMatchObject({ code: 'UND_ERR_CLOSED' });
  expect(await Promise.all(running)).toEqual(['a', 'a', 'a']);
  pool = open();
  onRequest = () => undefined;
  const broken = Promise.allSettled([send(), send(), send()]);
  await expect.poll(() => connections.length).toBe(4);
  await pool.destroy();
  expect((await broken).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
});

it('gives 600 interleaved requests each its own answer, over answers of every kind and aborts', async () => {
  pool = open({ connections: 8 });
  onRequest = (socket, connection, request) => {
    const path = connections[connection]?.text.split('\r\n\r\n')[request]?.split(' ')[1] ?? '';
    const kinds = [
      answer(path),
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${path.length.toString(16)}\r\n${path}\r\n0\r\n\r\n`,
      answer(path, 'Connection: close'),
    ];
    const text = kinds[Number(path.slice(1)) % 3] ?? '';
    const half = text.length >> 1;
    socket.write(text.slice(0, half));
    setImmediate(() => !socket.destroyed && socket.write(text.slice(half)));
  };
  const all = Array.from({ length: 600 }, async (_, index) => {
    if (index % 7 === 0)
      pool
        .send(
          { ...GET, path: '/0' },
          { onHead: () => undefined, onData: () => undefined, onEnd: () => undefined, onError: () => undefined },
        )
        .abort();
    return (await send({ path: `/${index}` })) === `/${index}`;
  });
  expect((await Promise.all(all)).filter((isOwn) => !isOwn)).toEqual([]);
});

function fail(): never {
  throw new Error('the handler of an aborted exchange was called');
}
