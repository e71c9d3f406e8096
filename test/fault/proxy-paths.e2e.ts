import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Archon } from '../support/archon.js';
import type { ArchonClient } from '../support/http-client.js';
import { rawRequest, rawUpgrade, statusOf } from '../support/raw-request.js';
import { recorded, startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';

const PODS = '/api/v1/namespaces/default/pods';
const EXEC = `${PODS}/web/exec?command=sh&stdin=true&stdout=true`;

let archon: Archon;
let user: ArchonClient;
let token: string;
let cluster: RecordingApiServer;
let global: RecordingApiServer;

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_WORKLOAD_PROXY: 'everybody' } });
  token = await archon.tokenOf('jane@example.org');
  user = archon.client.as(token);
  cluster = await startRecordedCluster(archon, 'rec');
  global = await startRecordedCluster(archon, 'global');
  cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
});
afterAll(async () => {
  await archon?.dispose();
  await Promise.all([cluster?.close(), global?.close()]);
});

/** The answer's status, and the URLs that each of the two clusters saw meanwhile. */
async function visit(text: string): Promise<{ status: number; cluster: string[]; global: string[] }> {
  const { result: inner, requests } = await recorded(cluster, () => recorded(global, () => user.raw(text, { until: /\r\n\r\n/ })));
  const urls = (all: readonly { url: string }[]) => all.map(({ url }) => url);
  return { status: statusOf(inner.result), cluster: urls(requests), global: urls(inner.requests) };
}

describe('the path of a request', () => {
  const BASES = [
    PODS,
    '/apis/apps/v1/namespaces/default/deployments/web/status',
    '/api/v1/namespaces/default/services/http:web:80/proxy/a/b',
    '/openapi/v3/apis/apps/v1',
  ];
  /** Segments that one server may read differently from the next. */
  const AMBIGUOUS = [
    '',
    ...'. .. %2e %2E%2e .%2e a%2fb %2F ..%2f a%5cb %5C a\\b a;b ..; a%00 %0d%0aHost:evil a%7f a%25b %252e%252e a#b'.split(' '),
  ];
  /** Unusual, but with one meaning only. */
  const PLAIN = "... ..a .a a.. %2e%2ea a%20b a+b %C3%A9 system%3anode system:node !$&'()*,=@~".split(' ');
  const QUERIES = [
    '?a=..%2f..%2f',
    '?a=//b/../c;d\\e',
    '?a=%',
    '?a=b?c',
    '?',
    '??',
    '?a=%00',
    '?a=b#c',
    '?labelSelector=a%20in%20(b,c)',
    '?/kubernetes/global/api',
  ];
  const insert = (base: string, segment: string, position: number) => base.split('/').toSpliced(position, 0, segment).join('/');
  /** Every segment before the first, in the middle and before the last segment of every base. */
  const mutations = (segments: string[]) =>
    BASES.flatMap((base) =>
      [1, 3, base.split('/').length - 1].flatMap((position) => segments.map((segment) => insert(base, segment, position))),
    );

  /** What became of each target that fared differently, for one message about all of them. */
  async function strays(targets: string[], expected: (target: string) => Awaited<ReturnType<typeof visit>>): Promise<object[]> {
    const found: object[] = [];
    for (const target of targets) {
      const seen = await visit(rawRequest(target, { token }));
      if (!isDeepStrictEqual(seen, expected(target))) found.push({ target, ...seen });
    }
    return found;
  }
  const refused = (status: number) => () => ({ status, cluster: [], global: [] });

  it('is refused when it could mean two things', { timeout: 120_000 }, async () => {
    const targets = mutations(AMBIGUOUS);
    expect(targets.length).toBeGreaterThan(200);
    expect(
      await strays(
        targets.map((target) => `/kubernetes/rec${target}`),
        refused(400),
      ),
    ).toEqual([]);
  });

  it('arrives byte for byte otherwise', { timeout: 120_000 }, async () => {
    const targets = [
      ...BASES,
      ...BASES.map((base) => `${base}/`),
      ...mutations(PLAIN),
      ...QUERIES.map((query) => `${PODS}${query}`),
      '/',
      '/?a=b',
    ];
    expect(targets.length).toBeGreaterThan(150);
    for (const prefix of ['/kubernetes/rec', '/api-gateway/kubernetes/rec']) {
      cluster.on({}, { action: 'answer', status: 200 }, { times: targets.length });
      const arrived = (target: string) => ({ status: 200, cluster: [target.slice(prefix.length)], global: [] });
      expect(
        await strays(
          targets.map((target) => `${prefix}${target}`),
          arrived,
        ),
      ).toEqual([]);
    }
  });

  it('names its cluster in one way only', async () => {
    expect(
      await strays(
        [
          '/kubernetes/rec/../global/api',
          '/kubernetes/rec%2f..%2fglobal/api',
          '/kubernetes//api',
          '/kubernetes/REC/api',
          '/kubernetes/rec;x/api',
          '/kubernetes/../api/v1',
          '/kubernetes/%2e%2e/api',
          '/api/../kubernetes/rec/api',
          '/api/%2e%2e/x',
          '/apis//v1',
          '/kubernetes/\xe9/api',
          '/api/\xe9',
        ],
        refused(400),
      ),
    ).toEqual([]);
  });

  it('leads to no cluster when it only looks as if', async () => {
    expect(
      await strays(
        [
          '//kubernetes/rec/api',
          '/KUBERNETES/rec/api',
          '/%6bubernetes/rec/api',
          '/./kubernetes/rec/api',
          '/x/../kubernetes/rec/api',
          '/API/v1',
          '/api;x/v1',
          '/api\\v1',
          '/api-gateway/api-gateway/api/v1',
          '/api-gateway//api/v1',
          '/api-gateway%2fapi',
          '/apix',
          '*',
        ],
        refused(404),
      ),
    ).toEqual([]);
  });

  it('ends where its query begins', async () => {
    expect(await visit(rawRequest('/kubernetes/rec?x=/api/v1/secrets', { token }))).toMatchObject({
      cluster: ['/?x=/api/v1/secrets'],
      global: [],
    });
    expect(await visit(rawRequest('/api?x=/../kubernetes/rec', { token }))).toEqual({
      status: 200,
      cluster: [],
      global: ['/api?x=/../kubernetes/rec'],
    });
  });
});

describe('the form of a request', () => {
  it.each([
    ['TRACE', 405],
    ['PROPFIND', 405],
    ['M-SEARCH', 405],
    ['QUERY', 405],
    ['get', 400],
    ['FOO', 400],
  ])('the method %s is answered by %i and reaches no cluster', async (method, status) => {
    expect(await visit(rawRequest(`/kubernetes/rec${PODS}`, { token, method }))).toEqual({ status, cluster: [], global: [] });
  });

  it.each([`/kubernetes/rec${PODS}`, 'rec:443', new URL('https://127.0.0.1:6443').host])('CONNECT %s opens nothing', async (target) => {
    const { result, requests } = await recorded(cluster, () => user.raw(rawRequest(target, { token, method: 'CONNECT' })));
    expect([result.closed, statusOf(result), requests]).toEqual([true, 0, []]);
  });

  it('a whole URL as target is no path of a cluster', async () => {
    for (const target of [`http://evil.example/kubernetes/rec${PODS}`, `${cluster.url}${PODS}`, 'https://evil.example/api/v1'])
      expect(await visit(rawRequest(target, { token })), target).toEqual({ status: 404, cluster: [], global: [] });
  });

  it('what it says elsewhere about its host and path changes nothing', async () => {
    const evil = new URL(global.url).host;
    const headers = [`X-Forwarded-Host: ${evil}`, `Forwarded: host=${evil}`, 'X-Original-URL: /api', 'X-Rewrite-URL: /api'];
    const seen = await visit(rawRequest(`/kubernetes/rec${PODS}`, { token, headers }));
    expect(seen).toEqual({ status: 200, cluster: [PODS], global: [] });
    const request = cluster.requests.at(-1);
    expect([request?.method, request?.header('host')]).toEqual(['GET', [new URL(cluster.url).host]]);
    expect(request?.rawHeaders.join(' ')).not.toContain(evil);
  });
});

describe('a request to change the protocol', () => {
  const target = `/kubernetes/rec${EXEC}`;

  it.each<[string, number, string]>([
    ['refuses', 403, 'HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n'],
    ['answers as if nothing were asked', 200, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['agrees without the key', 503, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    [
      'agrees with another key',
      503,
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n',
    ],
    ['agrees to another protocol', 503, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n'],
  ])('opens no pipe when the cluster %s', async (_what, status, answer) => {
    let bytes = 0;
    const run = (socket: NodeJS.ReadWriteStream) => void socket.on('data', (chunk: Buffer) => (bytes += chunk.length)).write(answer);
    cluster.on({ path: /\/exec$/ }, { action: 'takeOver', run }, { times: 1 });
    const connection = await user.openRaw();
    const { open } = cluster.connections;
    const { requests } = await recorded(cluster, async () => {
      connection.write(rawUpgrade(target, { token }));
      await connection.receives(/\r\n\r\n/);
      connection.write(rawRequest(PODS, { headers: ['X-Remote-User: root', 'X-Remote-Group: system:masters'] }));
      await connection.receives();
    });
    expect([statusOf(connection), connection.text.match(/HTTP\/1\.1/g)?.length, requests.length, bytes]).toEqual([status, 1, 1, 0]);
    await expect.poll(() => cluster.connections.open).toBe(open);
    connection.close();
  });

  it('opens a pipe when the cluster agrees, and closes both sides together', async () => {
    const connection = await user.openRaw();
    const open = cluster.connections.open;
    connection.write(rawUpgrade(target, { token }));
    await connection.receives(/101 Switching Protocols\r\n[^]*\r\n\r\n[^]*sh\n/); // the recorder's shell says its command
    connection.close();
    await expect.poll(() => cluster.connections.open).toBe(open);
  });

  it('is let through nowhere without a token, and by no path that is none of a cluster', { timeout: 60_000 }, async () => {
    const file = path.resolve(import.meta.dirname, '../../openapi/archon.yaml');
    const { paths } = parse(readFileSync(file, 'utf8')) as { paths: Record<string, object> };
    const own = Object.keys(paths).map((template) => template.replaceAll(/\{[^}]+\}/g, 'rec'));
    expect(own.length).toBeGreaterThan(10);
    const unknown = Array.from(
      { length: 100 },
      (_, index) => `/${createHash('sha256').update(String(index)).digest('hex').replace(/[07]/g, '/')}`,
    );
    const others = [...own, ...unknown, '/', '/docs', '/openapi.json'];
    /** Throws when the connection is still open after a second. */
    const ends = async (text: string) => statusOf(await user.raw(text, { timeoutMs: 1000 }));
    const { requests } = await recorded(cluster, async () => {
      for (const other of others) {
        expect(await ends(rawUpgrade(other)), other).toBe(404);
        expect(await ends(rawUpgrade(other, { token })), other).toBe(404);
      }
      for (const proxied of [target, '/api-gateway' + target, '/kubernetes/unknown/api', '/kubernetes/rec/../x', EXEC])
        for (const credential of [{}, { token: 'wrong' }])
          expect(await ends(rawUpgrade(proxied, credential)), proxied).toBe(proxied.includes('..') ? 400 : 401);
    });
    expect(requests).toEqual([]);
  });
});
