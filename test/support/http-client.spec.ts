import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArchonClient } from './http-client.js';
import { RecordingApiServer } from './recording-api-server.js';

describe('ArchonClient', () => {
  let server: RecordingApiServer;
  let client: ArchonClient;

  beforeEach(async () => {
    server = await RecordingApiServer.start();
    client = new ArchonClient(server);
  });

  afterEach(async () => {
    await client.close();
    await server.close();
  });

  it('sends its token, objects as JSON, text as it is, and merge patches unless told otherwise', async () => {
    await client.post('/a', { x: 1 });
    await client.put('/b', 'plain', { 'content-type': 'application/yaml' });
    await client.patch('/c', { y: null });
    await client.patch('/d', 'z', { 'content-type': 'application/apply-patch+yaml' });
    await client.as(undefined).delete('/e');
    expect(
      server.requests.map((request) => [request.method, request.url, request.body.toString(), request.header('content-type')]),
    ).toEqual([
      ['POST', '/a', '{"x":1}', ['application/json']],
      ['PUT', '/b', 'plain', ['application/yaml']],
      ['PATCH', '/c', '{"y":null}', ['application/merge-patch+json']],
      ['PATCH', '/d', 'z', ['application/apply-patch+yaml']],
      ['DELETE', '/e', '', []],
    ]);
    const bearer = [`Bearer ${server.token}`];
    expect(server.requests.map((request) => request.header('authorization'))).toEqual([bearer, bearer, bearer, bearer, []]);
  });

  it('parses JSON of any media type with +json, and keeps the text', async () => {
    server.on(
      { path: '/a' },
      { action: 'answer', status: 422, body: '{"a":1}', headers: { 'content-type': 'application/problem+json; charset=utf-8' } },
    );
    server.on({ path: '/b' }, { action: 'answer', status: 200, body: '{"a":1}' });
    expect(await client.get('/a')).toMatchObject({ status: 422, body: { a: 1 }, text: '{"a":1}' });
    expect(await client.get('/b')).toMatchObject({ status: 200, body: undefined, text: '{"a":1}' });
  });

  it('writes raw text and waits for the server to close, or for a pattern', async () => {
    const closing = await client.raw('GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect([closing.text, closing.closed]).toEqual([expect.stringMatching(/^HTTP\/1\.1 200 /), true]);
    const kept = await client.raw('GET /version HTTP/1.1\r\nHost: a\r\n\r\n', { until: /gitVersion/ });
    expect(kept.closed).toBe(false);
    const waiting = client.raw('GET /version HTTP/1.1\r\n', { timeoutMs: 100 });
    await expect(waiting).rejects.toThrow('waited 100 ms');
  });

  it('does not trust a server of another authority, raw or not', async () => {
    const other = await RecordingApiServer.start();
    const careful = new ArchonClient({ url: server.url, caPem: other.caPem });
    await expect(careful.get('/version')).rejects.toThrow(/certificate/);
    await expect(careful.raw('GET / HTTP/1.1\r\n\r\n')).rejects.toThrow(/certificate/);
    await Promise.all([careful.close(), other.close()]);
  });
});
