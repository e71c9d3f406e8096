import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientResponse } from '#kubernetes';
import { PlainRequests } from './plain-requests.gateway.js';

const GET = (path: string) => `GET /kubernetes/${path} HTTP/1.1\r\nHost: archon\r\n\r\n`;
const NODE = 'GET /acp/v1/whoami HTTP/1.1\r\nHost: archon\r\n\r\n';

let server: http.Server;
let plain: PlainRequests;
let answer: (path: string, response: ClientResponse) => void;
let client: Socket;
let received: string;

beforeEach(async () => {
  plain = new PlainRequests((request, response) => {
    answer(request.url ?? '', response);
    return true;
  });
  answer = (path, response) => void response.writeHead(200, ['content-type', 'text/plain']).end(`plain ${path}`);
  server = http.createServer((request, response) => response.end(`node ${request.method} ${request.url}`));
  plain.serve(server, 'connection');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  received = '';
  client.setEncoding('latin1').on('data', (text: string) => (received += text));
  await once(client, 'connect');
});
afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  plain.closeIdle();
  await new Promise((resolve) => server.close(resolve));
});

async function until(isThere: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5000; !isThere(); await sleep(5))
    if (Date.now() > deadline) throw new Error(`did not come; received: ${received}`);
}

it('answers one request after the other', async () => {
  for (const path of ['a', 'b']) {
    client.write(GET(path));
    await until(() => received.endsWith(`plain /kubernetes/${path}`));
  }
  expect(received).toMatch(
    /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\ndate: .*\r\nconnection: keep-alive\r\nkeep-alive: timeout=65\r\n/,
  );
  expect(received.match(/content-length: 19\r\n/g)).toHaveLength(2);
});

it.each<[string, string, string]>([
  ['that begins with something else', NODE, 'node GET /acp/v1/whoami'],
  ['that comes in pieces', GET('a').slice(0, 20), 'node GET /kubernetes/a'],
])('leaves a connection to Node %s', async (_what, first, expected) => {
  client.write(first);
  await sleep(20);
  if (first !== NODE) client.write(GET('a').slice(20));
  await until(() => received.includes(expected));
});

it('hands a connection over in the middle, and every answer goes to its request', async () => {
  client.write(GET('a'));
  await until(() => received.includes('plain /kubernetes/a'));
  client.write('POST /kubernetes/b HTTP/1.1\r\nHost: archon\r\nContent-Length: 2\r\n\r\n{}');
  await until(() => received.includes('node POST /kubernetes/b'));
  client.write(GET('c'));
  await until(() => received.includes('node GET /kubernetes/c'));
});

it('answers what was asked ahead in its order', async () => {
  const waiting: (() => void)[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  answer = (path, response) => {
    waiting.push(() => void response.writeHead(200, []).end(`plain ${path};`));
    resolve();
  };
  client.write(GET('a'));
  await promise;
  client.write(GET('b') + NODE);
  await sleep(20);
  waiting[0]?.();
  await until(() => received.includes('node GET /acp/v1/whoami'));
  const order = ['plain /kubernetes/a;', 'node GET /kubernetes/b', 'node GET /acp/v1/whoami'].map((text) => received.indexOf(text));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order[0]).toBeGreaterThan(0);
});

describe('an answer', () => {
  it('without a length comes in chunks', async () => {
    answer = (_path, response) => {
      response.writeHead(200, []).flushHeaders();
      response.write(Buffer.from('hello'), () => response.end('!'));
    };
    client.write(GET('a'));
    await until(() => received.endsWith('0\r\n\r\n'));
    expect(received).toContain('transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n');
  });

  it('of 304 has neither', async () => {
    answer = (_path, response) => void response.writeHead(304, ['etag', 'x']).end();
    client.write(GET('a'));
    await until(() => received.endsWith('\r\n\r\n'));
    expect(received).not.toMatch(/content-length|transfer-encoding/);
  });

  it('never carries a line that a header smuggles in', async () => {
    let thrown: unknown;
    answer = (_path, response) => {
      try {
        response.writeHead(200, ['x', 'a\r\nset-cookie: b']);
      } catch (error) {
        thrown = error;
        response.writeHead(500, []).end();
      }
    };
    client.write(GET('a'));
    await until(() => received.endsWith('\r\n\r\n'));
    expect(thrown).toBeInstanceOf(TypeError);
    expect(received).not.toContain('set-cookie');
  });

  it('is over when its connection is gone', async () => {
    const { promise, resolve } = Promise.withResolvers<ClientResponse>();
    answer = (_path, response) => void response.writeHead(200, []).once('close', () => resolve(response));
    client.write(GET('a'));
    await sleep(20);
    client.destroy();
    expect((await promise).destroyed).toBe(true);
  });

  it('that was at hand reaches a client that has closed its side', async () => {
    client.end(GET('a'));
    await until(() => received.endsWith('plain /kubernetes/a'));
    await until(() => client.closed);
  });
});

it('ends connections in order when it drains', async () => {
  client.write(GET('a'));
  await until(() => received.endsWith('plain /kubernetes/a'));
  plain.drain();
  client.write(GET('b'));
  await until(() => received.endsWith('plain /kubernetes/b'));
  expect(received).toContain('connection: close\r\n');
  await until(() => client.closed);
});

it('closes idle connections on demand only', async () => {
  client.write(GET('a'));
  await until(() => received.endsWith('plain /kubernetes/a'));
  expect(client.closed).toBe(false);
  plain.closeIdle();
  await until(() => client.closed);
});
