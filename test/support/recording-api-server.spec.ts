import { once } from 'node:events';
import { connect } from 'node:tls';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CertificateAuthority } from '#pki';
import { ArchonClient } from './http-client.js';
import { RecordingApiServer } from './recording-api-server.js';
import { eventually } from './wait-for.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const web = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { a: '1' } };

function head(server: RecordingApiServer, line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${server.token}`, ...headers, '', ''].join('\r\n');
}

describe('RecordingApiServer', () => {
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

  describe('the record', () => {
    it('keeps the target, the headers and the body as they were sent', async () => {
      const body = '{"a": "\u00e9"}';
      await client.raw(
        head(
          server,
          'POST /api/v1/../%2e%2E//x?a=%zz',
          'Impersonate-User: admin',
          'impersonate-user: root',
          'X_Odd:  two words ',
          `Content-Length: ${body.length}`,
        ) + body,
        { until: /\r\n\r\n/ },
      );
      const [request] = server.requests;
      expect(request?.method).toBe('POST');
      expect(request?.url).toBe('/api/v1/../%2e%2E//x?a=%zz');
      expect(request?.rawHeaders).toEqual([
        ...['Host', 'x', 'Authorization', `Bearer ${server.token}`, 'Impersonate-User', 'admin', 'impersonate-user', 'root'],
        ...['X_Odd', 'two words', 'Content-Length', String(body.length)],
      ]);
      expect(request?.header('IMPERSONATE-USER')).toEqual(['admin', 'root']);
      expect(request?.body.toString('latin1')).toBe(body);
      expect(Math.abs(Date.now() - (request?.at ?? 0))).toBeLessThan(5000);
    });

    it('numbers requests and tells their connections apart', async () => {
      const first = await client.openRaw();
      const second = await client.openRaw();
      for (const [index, connection] of [first, first, second].entries()) {
        connection.write(head(server, `GET /version?${index}`));
        await eventually(() => server.requests.length === index + 1 && connection.text.includes('gitVersion'), { what: 'the answer' });
      }
      await first.receives(/gitVersion[^]*gitVersion/);
      expect(server.requests.map(({ number, connectionId, status }) => [number, connectionId, status])).toEqual([
        [1, 1, 200],
        [2, 1, 200],
        [3, 2, 200],
      ]);
      expect([server.connections.accepted, server.connections.open]).toEqual([2, 2]);
      first.close();
      second.close();
      await eventually(() => server.connections.open === 0, { what: 'the connections to close' });
    });

    it('shows a request before its body is complete, and keeps serving when the client goes away in it', async () => {
      const connection = await client.openRaw();
      connection.write(`${head(server, `POST ${CONFIG_MAPS}`, 'Content-Length: 100')}{`);
      await eventually(() => server.requests.length === 1, { what: 'the record' });
      expect(server.requests[0]?.status).toBeUndefined();
      connection.close();
      expect((await client.get('/version')).status).toBe(200);
    });

    it('refuses a body over the limit with 413 after reading it', async () => {
      const response = await client.post<{ reason: string }>(CONFIG_MAPS, Buffer.alloc(3 * 1024 * 1024 + 1), {
        'content-type': 'application/json',
      });
      expect([response.status, response.body.reason]).toEqual([413, 'RequestEntityTooLarge']);
    });
  });

  describe('identity', () => {
    it('lets in its own token, nobody else, and nobody without; health and version are open', async () => {
      const statuses = async (token: string | undefined): Promise<number[]> =>
        Promise.all(['/readyz', '/version', CONFIG_MAPS].map(async (path) => (await client.as(token).get(path)).status));
      expect(await statuses(server.token)).toEqual([200, 200, 200]);
      expect(await statuses('another')).toEqual([200, 200, 401]);
      expect(await statuses(undefined)).toEqual([200, 200, 401]);
    });

    it('records the common name of a client certificate and lets it in without a token', async () => {
      const { certPem, keyPem } = await server.authority.issue({ commonName: 'archon', organizations: ['ops'], usages: ['client'] });
      const agent = new Agent({ connect: { ca: server.caPem, cert: certPem, key: keyPem } });
      const response = await agent.request({ origin: server.url, path: CONFIG_MAPS, method: 'GET' });
      await response.body.dump();
      expect([response.statusCode, server.requests[0]?.tls.clientCommonName]).toEqual([200, 'archon']);
      await agent.destroy();
    });

    it('takes no name from a certificate of another authority', async () => {
      const stranger = await (await CertificateAuthority.create('stranger')).issue({ commonName: 'archon', usages: ['client'] });
      const agent = new Agent({ connect: { ca: server.caPem, cert: stranger.certPem, key: stranger.keyPem } });
      const response = await agent.request({ origin: server.url, path: CONFIG_MAPS, method: 'GET' });
      await response.body.dump();
      expect([response.statusCode, server.requests[0]?.tls.clientCommonName]).toEqual([401, undefined]);
      await agent.destroy();
    });

    it('ends the handshake of a client without a certificate when one is required', async () => {
      const strict = await RecordingApiServer.start({ clientCertificates: 'required' });
      const outsider = new ArchonClient(strict);
      await expect(outsider.get('/version')).rejects.toThrow();
      const { certPem: cert, keyPem: key } = await strict.authority.issue({ commonName: 'archon', usages: ['client'] });
      const agent = new Agent({ connect: { ca: strict.caPem, cert, key } });
      const response = await agent.request({ origin: strict.url, path: '/version', method: 'GET' });
      await response.body.dump();
      expect([response.statusCode, strict.requests.length]).toEqual([200, 1]);
      await Promise.all([outsider.close(), agent.destroy()]);
      await strict.close();
    });

    it('is trusted through its own authority only, and fails verification with the certificate of another', async () => {
      const other = await CertificateAuthority.create('other');
      const careful = new ArchonClient({ url: server.url, caPem: other.certPem });
      await expect(careful.get('/version')).rejects.toThrow(/unable to verify|self.signed/);
      server.useCertificate(await other.issue({ commonName: 'kube-apiserver', sans: ['127.0.0.1'], usages: ['server'] }));
      expect((await careful.get('/version')).status).toBe(200);
      const usual = new ArchonClient(server);
      await expect(usual.get('/version')).rejects.toThrow(/unable to verify|self.signed/);
      await Promise.all([careful.close(), usual.close()]);
    });

    it('tells a resumed TLS session and the name that was asked for', async () => {
      const { port } = new URL(server.url);
      const options = {
        host: '127.0.0.1',
        port: Number(port),
        ca: server.caPem,
        servername: 'localhost',
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
      } as const;
      const first = connect(options);
      await once(first, 'secureConnect');
      const session = first.getSession();
      first.write(head(server, 'GET /version'));
      await once(first, 'data');
      const second = connect({ ...options, ...(session === undefined ? {} : { session }) });
      second.write(head(server, 'GET /version'));
      await once(second, 'data');
      expect(server.requests.map(({ tls }) => tls.sessionReused)).toEqual([false, true]);
      expect(server.requests[0]?.tls.servername).toBe('localhost');
      first.destroy();
      second.destroy();
    });

    it('writes a kubeconfig with its address, authority and token', () => {
      const { clusters, users } = parse(server.kubeconfig());
      expect(clusters[0].cluster.server).toBe(server.url);
      expect(Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64').toString()).toBe(server.caPem);
      expect(users[0].user.token).toBe(server.token);
    });
  });

  describe('faults', () => {
    it('runs matching hooks in order, each as often as it says', async () => {
      const order: string[] = [];
      server.on({ path: /^\/version/ }, () => void order.push('first'));
      const twice = server.on(
        { method: 'GET', path: '/version' },
        { action: 'answer', status: 503, headers: { 'Retry-After': '7' } },
        { times: 2 },
      );
      server.on(
        (request) => request.query.has('odd'),
        () => void order.push('third'),
      );
      const statuses = [];
      for (const path of ['/version', '/readyz', '/version', '/version?odd=1']) statuses.push((await client.get(path)).status);
      expect(statuses).toEqual([503, 200, 503, 200]);
      expect(order).toEqual(['first', 'first', 'first', 'third']);
      expect(twice.hits).toBe(2);
    });

    it('answers any status, headers and body', async () => {
      server.on({}, { action: 'answer', status: 429, body: { kind: 'Status' }, headers: { 'Retry-After': '7' } }, { times: 1 });
      const response = await client.get('/version');
      expect([response.status, response.body, response.headers['retry-after']]).toEqual([429, { kind: 'Status' }, '7']);
      server.on({}, { action: 'answer', status: 418, body: 'tea', headers: { 'content-type': 'text/html' } });
      const other = await client.get('/version');
      expect([other.status, other.text, other.headers['content-type']]).toEqual([418, 'tea', 'text/html']);
    });

    it('has no effect before, and has taken effect after', async () => {
      server.on({ method: 'POST' }, { action: 'answer', status: 503 }, { times: 1 });
      expect((await client.post(CONFIG_MAPS, web)).status).toBe(503);
      expect(server.local.find('v1', 'ConfigMap', 'default', 'web')).toBeUndefined();
      server.on({ method: 'POST' }, { action: 'reset' }, { times: 1, when: 'after' });
      await expect(client.post(CONFIG_MAPS, web)).rejects.toThrow();
      expect(server.local.find('v1', 'ConfigMap', 'default', 'web')?.data).toEqual({ a: '1' });
      expect((await client.post(CONFIG_MAPS, web)).status).toBe(409);
    });

    it('delays, then lets the request go on', async () => {
      server.on({}, { action: 'delay', ms: 80 }, { times: 1 });
      const startedAt = performance.now();
      expect((await client.get('/version')).status).toBe(200);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(75);
    });

    it('never answers, and notices that the client has gone', async () => {
      server.on({ path: '/version' }, { action: 'hang' });
      const connection = await client.openRaw();
      connection.write(head(server, 'GET /version'));
      await eventually(() => server.requests.length === 1, { what: 'the request' });
      expect((await client.get('/readyz')).status).toBe(200);
      expect([connection.text, connection.closed]).toEqual(['', false]);
      const { open } = server.connections;
      connection.close();
      await eventually(() => server.connections.open === open - 1, { what: 'the connection to close' });
    });

    it('resets the connection', async () => {
      server.on({}, { action: 'reset' });
      const connection = await client.openRaw();
      connection.write(head(server, 'GET /version'));
      await connection.receives();
      expect(connection.socket.errored).toMatchObject({ code: 'ECONNRESET' });
    });

    it('truncates a body whose headers promise all of it, and a stream', async () => {
      const whole = (await client.get('/version')).text;
      server.on({ path: '/version' }, { action: 'truncate', bytes: 10 });
      const { text, closed } = await client.raw(head(server, 'GET /version'));
      expect([text.split('\r\n\r\n')[1], closed]).toEqual([whole.slice(0, 10), true]);
      expect(text).toContain(`Content-Length: ${whole.length}`);
      server.local.put({ ...web, metadata: { name: 'web', namespace: 'default' } });
      server.on({ path: CONFIG_MAPS }, { action: 'truncate', bytes: 25 });
      const watch = await client.raw(head(server, `GET ${CONFIG_MAPS}?watch=true`));
      expect(watch.text).toContain('{"type":"ADDED","object":\r\n');
      expect(watch.text).not.toContain('\r\n0\r\n');
      expect(watch.closed).toBe(true);
    });

    it('sends garbage, and hands the connection over', async () => {
      server.on({ path: '/version' }, { action: 'garbage', bytes: 'SSH-2.0-what\r\n' });
      expect(await client.raw(head(server, 'GET /version'))).toEqual({ text: 'SSH-2.0-what\r\n', closed: true });
      server.on(
        { path: '/readyz' },
        { action: 'takeOver', run: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n') },
      );
      expect((await client.raw(head(server, 'GET /readyz'))).text).toContain('Content-Length: 2');
    });

    it('redirects', async () => {
      server.on({}, { action: 'redirect', location: 'https://127.0.0.1:1/', status: 307 });
      const response = await client.get('/version');
      expect([response.status, response.headers.location]).toEqual([307, 'https://127.0.0.1:1/']);
    });

    it('makes requests wait for the callbacks, before their effect and before their answer', async () => {
      const seen: unknown[] = [];
      const isStored = (): boolean => server.local.find('v1', 'ConfigMap', 'default', 'web') !== undefined;
      server.beforeEach = async ({ number }) => {
        await Promise.resolve();
        seen.push(['before', number, isStored()]);
      };
      server.afterEach = async ({ number }) => {
        await Promise.resolve();
        seen.push(['after', number, isStored()]);
      };
      await client.post(CONFIG_MAPS, web);
      await client.get(`${CONFIG_MAPS}/none`);
      expect(seen).toEqual([
        ['before', 1, false],
        ['after', 1, true],
        ['before', 2, true],
        ['after', 2, true],
      ]);
    });

    it('tells the mistake of a hook by a 500 and when it is closed', async () => {
      const careless = await RecordingApiServer.start();
      const caller = new ArchonClient(careless);
      careless.on({}, () => {
        throw new Error('typing error');
      });
      const response = await caller.get('/version');
      expect([response.status, response.text]).toEqual([500, expect.stringContaining('typing error')]);
      await caller.close();
      await expect(careless.close()).rejects.toThrow('typing error');
    });
  });

  it('fits a hundred times into one process', async () => {
    const authority = await CertificateAuthority.create('a hundred clusters');
    const clients: ArchonClient[] = [];
    const rssBefore = process.memoryUsage().rss;
    const servers = await Promise.all(Array.from({ length: 100 }, () => RecordingApiServer.start({ authority })));
    for (const each of servers) clients.push(new ArchonClient(each));
    const statuses = await Promise.all(clients.map(async (each) => (await each.get('/api/v1/namespaces')).status));
    const growthMiB = (process.memoryUsage().rss - rssBefore) / 1024 ** 2;
    console.log(`RSS grew by ${growthMiB.toFixed(0)} MiB for 100 servers with one client and one TLS request each`);
    expect(statuses).toEqual(Array(100).fill(200));
    expect(servers.map(({ requests }) => requests.length)).toEqual(Array(100).fill(1));
    expect(growthMiB).toBeLessThan(300);
    await Promise.all([...clients, ...servers].map((each) => each.close()));
  });
});
