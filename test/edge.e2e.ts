import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Archon } from './support/archon.js';
import { ArchonClient, type ClientResponse } from './support/http-client.js';
import type { RawConnection } from './support/raw-connection.js';
import { rawRequest } from './support/raw-request.js';
import { eventually } from './support/wait-for.js';

type Status = { kind: string; apiVersion: string; status: string; code: number; reason: string; message: string };

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'];
/** The routes of the document that answer without a token. */
const PUBLIC = [
  '/.well-known/jwks.json',
  '/auth/v1/login',
  '/auth/v1/oidc/{provider}/device',
  '/auth/v1/oidc/{provider}/login',
  '/auth/v1/pubkey',
  '/auth/v1/token',
  '/healthz',
  '/livez',
  '/metrics',
  '/readyz',
];
const TOKENS = '/auth/v1/accesstoken';
const MIB = 1024 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;

const document = parse(readFileSync(path.join(import.meta.dirname, '../openapi/archon.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, object>>;
};

let archon: Archon;
/** Without a token; answers aren't compared with the OpenAPI document, which doesn't describe what no client should send. */
let anonymous: ArchonClient;
let admin: ArchonClient;
/** Sends a part of its headers and then waits, from the beginning of this file to its end. */
let slow: { connection: RawConnection; begin: number };

beforeAll(async () => {
  archon = await Archon.start();
  const caPem = await readFile(path.join(archon.state, 'tls', 'ca.crt'), 'utf8');
  anonymous = new ArchonClient({ url: archon.client.url, caPem });
  admin = anonymous.as(archon.token);
  slow = { connection: await anonymous.openRaw(), begin: performance.now() };
  slow.connection.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
});
afterAll(async () => {
  await anonymous?.close();
  await archon?.dispose();
});

/** Every failure has this shape. */
function expectStatus({ status, body, text }: ClientResponse<Status>, code: number, reason: string): void {
  expect([status, body], text).toEqual([
    code,
    expect.objectContaining({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason }),
  ]);
}

const isAlive = async () => expect((await anonymous.get('/livez')).text).toBe('ok');

describe('own health', () => {
  it.each(['/livez', '/readyz', '/healthz'])('%s says ok', async (url) => {
    const answer = await anonymous.get(url);
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, 'ok', 'text/plain; charset=utf-8']);
  });

  it('/metrics is Prometheus text that counts what was sent, by route and code', async () => {
    const count = async (route: string, code: number, suffix = 'count') => {
      const { text } = await anonymous.get('/metrics');
      const [bucket, line] = [suffix === 'bucket' ? 'le="+Inf",' : '', text.split('\n')];
      const name = `archon_http_request_duration_seconds_${suffix}{${bucket}method="GET",route="${route}",code="${code}"} `;
      return Number(line.find((each) => each.startsWith(name))?.slice(name.length) ?? 0);
    };
    const [ok, refused] = [await count(TOKENS, 200), await count(TOKENS, 401)];
    for (let i = 0; i < 5; i++) await admin.get(`${TOKENS}?limit=${i + 1}`);
    for (let i = 0; i < 3; i++) await anonymous.get(TOKENS);
    expect([await count(TOKENS, 200), await count(TOKENS, 401)]).toEqual([ok + 5, refused + 3]);
    expect(await count(TOKENS, 200, 'bucket')).toBe(ok + 5);
    expect(await count(`${TOKENS}/:id`, 200)).toBe(0);

    const answer = await anonymous.get('/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = answer.text
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    for (const line of lines)
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z0-9_:]+ .+|[a-z0-9_:]+(\{([a-z_]+="[^"]*",?)+\})? (-?[\d.e+-]+|NaN|\+Inf))$/i);
    expect(lines.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true);
    expect(answer.text).not.toContain('?limit=');
  });
});

describe('documents', () => {
  it('/openapi.json is the committed document', async () => {
    const answer = await anonymous.get<{ openapi: string }>('/openapi.json');
    expect(answer.body.openapi).toBe('3.1.0');
    expect(answer.body).toEqual(document);
  });

  it('/docs is a page for people', async () => {
    const answer = await anonymous.get('/docs');
    expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([
      200,
      expect.stringMatching(/^text\/html/),
      expect.stringMatching(/<html/i),
    ]);
  });
});

describe('what does not exist', () => {
  it.each(['/', '/nothing', '/acp/v1/nothing', '/api-gateway/nothing', '/auth/v1', '/acp/v1/clusters/a/b', '/favicon.ico', '/.git/config'])(
    '%s: 404 Status',
    async (url) => {
      expectStatus(await admin.get<Status>(url), 404, 'NotFound');
      expect((await anonymous.get(url)).status).toBe(404);
    },
  );

  it.each([
    ['PUT', '/healthz'],
    ['POST', '/metrics'],
    ['PATCH', TOKENS],
    ['PUT', '/acp/v1/clusters'],
    ['PROPFIND', '/acp/v1/clusters'],
    ['POST', '/openapi.json'],
    ['BREW', '/healthz'],
  ])('%s %s: Status', async (method, url) => {
    if (method === 'BREW') {
      // Not a method that a client library sends, nor one that Node's parser knows.
      expect((await anonymous.raw(`${method} ${url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).text).toMatch(/^HTTP\/1\.1 400 /);
      return;
    }
    const answer = await admin.request<Status>(method, url);
    expect([404, 405]).toContain(answer.status);
    expectStatus(answer, answer.status, answer.status === 404 ? 'NotFound' : 'MethodNotAllowed');
  });

  it.each(['/docs/../../etc/passwd', '/%zz', '/acp/v1/clusters/%E0%A4%A', `/acp/v1/clusters/${'a'.repeat(600)}`])(
    'a path that cannot be read: %.30s',
    async (url) => {
      const answer = await admin.get<Status>(url);
      expect([400, 403, 404, 414]).toContain(answer.status);
      expect(answer.body, answer.text).toMatchObject({ kind: 'Status', code: answer.status });
    },
  );
});

describe('the request id', () => {
  const sent = async (id: string | string[]) => (await anonymous.get('/livez', { 'x-request-id': id })).headers['x-request-id'];

  it.each(['abc-1', 'A.b_c-9', 'a'.repeat(128)])('is the one of the client: %.20s', async (id) => expect(await sent(id)).toBe(id));

  it.each<[string, string | string[]]>([
    ['a blank', 'a b'],
    ['129 characters', 'a'.repeat(129)],
    ['quotes', '"a"'],
    ['markup', '<b>'],
    ['two headers', ['a', 'b']],
    ['nothing', ''],
  ])('is a new one instead of %s', async (_, id) => {
    expect(await sent(id)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('joins the answer with the line of the log', async () => {
    await admin.get(TOKENS, { 'x-request-id': 'joined-with-the-log' });
    const find = () => archon.log.split('\n').find((each) => each.includes('joined-with-the-log'));
    const line = await eventually(find, { what: 'the line of the log' });
    expect(JSON.parse(line)).toMatchObject({ user: 'admin', method: 'GET', route: TOKENS, status: 200 });
  });
});

describe('bodies', () => {
  const padded = (bytes: number) => `{"description":"padded"}`.padEnd(bytes, ' ');
  const json = { 'content-type': 'application/json' };

  it('are taken up to 3 MiB and not a byte more, whether their length is announced or not', async () => {
    expect((await admin.post(TOKENS, padded(3 * MIB), json)).status).toBe(201);
    expectStatus(await admin.post<Status>(TOKENS, padded(3 * MIB + 1), json), 413, 'RequestEntityTooLarge');
    const chunk = padded(3 * MIB + 1);
    const head = `POST ${TOKENS} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${archon.token}\r\nContent-Type: application/json\r\n`;
    const { text } = await anonymous.raw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`, {
      until: /"code":\d+/,
    });
    expect(text).toMatch(/^HTTP\/1\.1 413 [^]*"kind":"Status"[^]*3145728 bytes/);
  });

  it('of another media type are refused with 415', async () => {
    expectStatus(
      await admin.post<Status>(TOKENS, 'description=a', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'UnsupportedMediaType',
    );
  });

  it('that are malformed are refused with 400 that says where', async () => {
    const answer = await admin.post<Status>(TOKENS, '{"description":\n  secret}', json);
    expectStatus(answer, 400, 'BadRequest');
    expect(answer.body.message).toMatch(/line 2, column 3/);
    expect(answer.text).not.toContain('secret');
  });

  it.each([
    ['DELETE', `${TOKENS}/6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52`, 404],
    ['POST', TOKENS, 422],
    ['PATCH', '/acp/v1/clusters/none', 404],
  ])('that a media type announces and that do not come are none: %s %s is answered', async (method, url, code) => {
    const headers = ['Content-Type: application/json', 'Connection: close'];
    const { text } = await anonymous.raw(rawRequest(url, { method, token: archon.token, headers }));
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  });

  it('of callers without a token are not read: a YAML bomb of 3 MB costs nothing', async () => {
    const bomb = `a: &a [${'x,'.repeat(1000)}x]\n${Array.from({ length: 1350 }, (_, i) => `k${i}: [${'*a,'.repeat(750)}*a]`).join('\n')}`;
    expect(bomb.length).toBeGreaterThan(2.9 * MIB);
    expect(bomb.length).toBeLessThan(3 * MIB);
    for (const [method, url] of [
      ['POST', TOKENS],
      ['POST', '/acp/v1/clusters'],
      ['PATCH', '/acp/v1/clusters/a'],
    ] as const) {
      const begin = performance.now();
      const answer = await anonymous.request<Status>(method, url, bomb, { 'content-type': 'application/yaml' });
      expectStatus(answer, 401, 'Unauthorized');
      expect(performance.now() - begin).toBeLessThan(500);
    }
  });
});

describe('malformed requests get a Status and do no harm', () => {
  const get = (headers: string) => `GET /livez HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`;
  const post = (headers: string, body: string) =>
    `POST ${TOKENS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;

  it.each<[string, string, number]>([
    ['Content-Length and Transfer-Encoding', post('Content-Length: 4\r\nTransfer-Encoding: chunked', '0\r\n\r\n'), 400],
    ['Transfer-Encoding and Content-Length', post('Transfer-Encoding: chunked\r\nContent-Length: 4', '0\r\n\r\n'), 400],
    ['two Content-Lengths', post('Content-Length: 2\r\nContent-Length: 3', '{} '), 400],
    ['a negative Content-Length', post('Content-Length: -1', ''), 400],
    ['a Content-Length that is no number', post('Content-Length: 0x2', '{}'), 400],
    ['an unknown Transfer-Encoding', post('Transfer-Encoding: xchunked', '0\r\n\r\n'), 400],
    ['chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, identity', '0\r\n\r\n'), 400],
    ['a chunk whose size is no number', post('Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'), 400],
    ['lines that end in LF alone', 'GET /livez HTTP/1.1\nHost: localhost\nX: y\n\n', 400],
    ['a blank before the colon', get('X-Odd : 1'), 400],
    ['a folded header', get('X-Odd: 1\r\n 2'), 400],
    ['a NUL in a header', get('X-Odd: a\0b'), 400],
    ['HTTP/9.9', 'GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n', 400],
    ['TLS inside TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['headers of 20 kB', get(`X-Long: ${'a'.repeat(20_000)}`), 431],
  ])('%s', async (_, bytes, code) => {
    const { text, closed } = await anonymous.raw(bytes);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect([head.split('\r\n')[0], closed]).toEqual([expect.stringMatching(new RegExp(`^HTTP/1\\.1 ${code} `)), true]);
    expect(head).toMatch(/^content-type: application\/json$/im);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', status: 'Failure', code });
    await isAlive();
  });

  it('100 headers are read, one more is refused, whatever is said about the body behind them', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `X-Header-${i}: ${i}`).join('\r\n');
    expect((await anonymous.raw(get(`Connection: close\r\n${many(98)}`))).text).toMatch(/^HTTP\/1\.1 200 /);
    const { text, closed } = await anonymous.raw(post(`${many(150)}\r\nContent-Length: 30`, 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'));
    expect([closed, text.match(/HTTP\/1\.1 \d+/g)]).toEqual([true, ['HTTP/1.1 431']]);
    expect(text).toContain('more than 100 headers');
  });

  it('a client that goes away in the middle of its body harms nobody', async () => {
    for (let i = 0; i < 20; i++) {
      const connection = await anonymous.openRaw();
      connection.write(post(`Authorization: Bearer ${archon.token}\r\nContent-Length: 1000`, '{"description"'));
      connection.close();
    }
    await isAlive();
  });

  it('an upgrade on a path of Archon itself is refused', async () => {
    const { text } = await anonymous.raw(
      get('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='),
    );
    expect(text).toMatch(/^HTTP\/1\.1 404 [^]*"kind":"Status"/);
  });
});

describe('without a token', () => {
  const concrete = (template: string) => template.replaceAll(/\{[^}]+\}/g, 'x');
  const routes = Object.keys(document.paths).filter((route) => !PUBLIC.includes(route));

  it('the document names the routes that this file believes to be public', () => {
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(PUBLIC));
    expect(routes.length).toBeGreaterThan(8);
  });

  /** As a client does that is told to wait: this file alone sends more requests without a token than one network may. */
  const ask = async (method: string, url: string): Promise<ClientResponse<Status>> => {
    for (;;) {
      const answer = await anonymous.request<Status>(method, url);
      if (answer.status !== 429) return answer;
      await sleep(Number(answer.headers['retry-after']) * 1000);
    }
  };

  it.each(routes)('%s lets no method through', async (route) => {
    const unauthorized = (await ask('GET', TOKENS)).text;
    for (const prefix of ['', '/api-gateway'])
      for (const method of METHODS) {
        const answer = await ask(method, `${prefix}${concrete(route)}`);
        expect([401, 404, 405], `${method} ${prefix}${route}`).toContain(answer.status);
        const isRoute = method.toLowerCase() in (document.paths[route] ?? {});
        if (isRoute) expect([answer.status, answer.text], `${method} ${prefix}${route}`).toEqual([401, unauthorized]);
      }
  });

  it.each(['/kubernetes/x/api/v1/pods', '/kubernetes/x', '/api/v1/namespaces', '/apis', '/version', '/openapi/v3'])(
    'the proxied path %s lets no method through',
    async (url) => {
      for (const prefix of ['', '/api-gateway'])
        for (const method of METHODS) {
          const answer = await ask(method, `${prefix}${url}`);
          expect([401, 405], `${method} ${prefix}${url}`).toContain(answer.status);
          if (method === 'GET') expect(answer.text).toBe((await ask('GET', TOKENS)).text);
        }
    },
  );
});

// The last of this file, because it takes as long as the time limit that it is about.
it('a client that does not finish its headers is cut off, and told so', { timeout: 60_000 }, async () => {
  // A few bytes now and then must not prolong it.
  while (!slow.connection.closed && performance.now() - slow.begin < HEADERS_TIMEOUT_MS + 15_000) {
    slow.connection.write('a');
    await sleep(500);
  }
  const tookMs = performance.now() - slow.begin;
  expect([slow.connection.closed, tookMs > HEADERS_TIMEOUT_MS - 1000, tookMs < HEADERS_TIMEOUT_MS + 10_000]).toEqual([true, true, true]);
  expect(slow.connection.text).toMatch(/^HTTP\/1\.1 408 [^]*"kind":"Status"/);
  slow.connection.close();
  await isAlive();
});
