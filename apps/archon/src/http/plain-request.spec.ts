import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlainRequest } from './plain-request.js';

const PLAIN = 'GET /kubernetes/c1/api/v1/pods?limit=5 HTTP/1.1\r\nHost: archon\r\nAuthorization: Bearer a.b.c\r\nAccept:\t*/* \r\n\r\n';
const read = (request: string) => readPlainRequest(Buffer.from(request, 'latin1'));

it('reads a plain request as it came', () => {
  expect(read(PLAIN)).toEqual({
    method: 'GET',
    url: '/kubernetes/c1/api/v1/pods?limit=5',
    headers: { host: 'archon', authorization: 'Bearer a.b.c', accept: '*/*' },
    rawHeaders: ['Host', 'archon', 'Authorization', 'Bearer a.b.c', 'Accept', '*/*'],
  });
});

describe('leaves to Node', () => {
  const withHeader = (line: string) => PLAIN.replace('Host: archon\r\n', `Host: archon\r\n${line}\r\n`);
  it.each<[string, string]>([
    ['half a head', PLAIN.slice(0, -1)],
    ['two requests', PLAIN + PLAIN],
    ['what comes behind the head', `${PLAIN}x`],
    ['another method', PLAIN.replace('GET', 'POST')],
    ['a method in lower case', PLAIN.replace('GET', 'get')],
    ['HTTP/1.0', PLAIN.replace('HTTP/1.1', 'HTTP/1.0')],
    ['an absolute target', PLAIN.replace('/kubernetes', 'http://other/kubernetes')],
    ['a path of Archon itself', PLAIN.replace('/kubernetes/c1', '/acp/v1')],
    ['a blank in the target', PLAIN.replace('limit=5', 'limit= 5')],
    ['a target that is no ASCII', PLAIN.replace('limit=5', 'limit=\u{e9}')],
    ['no Host', PLAIN.replace('Host: archon\r\n', '')],
    ['a second Host', withHeader('host: other')],
    ['a second credential', withHeader('authorization: Bearer x.y.z')],
    ['a length', withHeader('Content-Length: 0')],
    ['a coding', withHeader('Transfer-Encoding: chunked')],
    ['an upgrade', withHeader('Upgrade: websocket')],
    ['a name that Connection gives away', withHeader('Connection: close, Impersonate-User')],
    ['the wish to close', withHeader('Connection: close')],
    ['somebody to impersonate', withHeader('Impersonate-User: root')],
    ['the identity of a front proxy', withHeader('X-Remote-User: root')],
    ['a forwarded address', withHeader('X-Forwarded-For: 10.0.0.1')],
    ['another method in a header', withHeader('X-HTTP-Method-Override: DELETE')],
    ['an unknown header', withHeader('__proto__: x')],
    ['a blank before the colon', withHeader('Accept-Language : de')],
    ['a folded header', withHeader('User-Agent: a\r\n b')],
    ['a line without colon', withHeader('Accept-Language')],
    ['a bare line feed', withHeader('User-Agent: a\nImpersonate-User: root')],
    ['a bare carriage return', withHeader('User-Agent: a\rImpersonate-User: root')],
    ['a zero byte', withHeader('User-Agent: a\0b')],
    ['a value that is no ASCII', withHeader('User-Agent: \u{e9}')],
    ['an empty line at the beginning', `\r\n${PLAIN}`],
    ['more than 8 kB', withHeader(`User-Agent: ${'a'.repeat(9000)}`)],
  ])('%s', (_what, request) => expect(read(request)).toBeUndefined());
});

describe('beside the parser of Node', () => {
  let server: http.Server;
  beforeAll(async () => {
    server = http.createServer((request, response) =>
      response
        .setHeader('connection', 'close')
        .end(JSON.stringify({ url: request.url, headers: request.headers, raw: request.rawHeaders })),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  const byNode = async (request: string): Promise<string> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(request, 'latin1');
    return await text(socket);
  };

  it('reads nothing in another way', async () => {
    const name = fc.constantFrom('Host', 'Accept', 'accept', 'User-Agent', 'Authorization', 'Connection', 'X-Request-Id', 'Cookie', 'Te');
    const value = fc.oneof(
      fc.constantFrom('keep-alive', 'close', '', ' a ', '\ta\t', 'Bearer a', 'a, b', 'a:b', '"'),
      fc.string({ maxLength: 8 }),
    );
    const line = fc.tuple(name, fc.constantFrom(':', ': ', ' :', ':\t'), value).map((parts) => parts.join(''));
    const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r\n ', '\r');
    const target = fc.oneof(
      fc.constant('/kubernetes/c1/api'),
      fc.string({ maxLength: 6 }).map((more) => `/kubernetes/${more}`),
    );
    const request = fc
      .tuple(target, fc.array(fc.tuple(line, end), { maxLength: 5 }))
      .map(([path, lines]) => `GET ${path} HTTP/1.1\r\nHost: archon\r\n${lines.map((parts) => parts.join('')).join('')}\r\n`);
    await fc.assert(
      fc.asyncProperty(request, async (bytes) => {
        const plain = read(bytes);
        if (plain === undefined) return;
        const answer = await byNode(bytes);
        expect(answer, bytes).toMatch(/^HTTP\/1\.1 200 /);
        const seen = JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? '') as { url: string; headers: object; raw: string[] };
        expect(seen).toEqual({ url: plain.url, headers: plain.headers, raw: plain.rawHeaders });
      }),
      { numRuns: 2000 },
    );
  });
});
