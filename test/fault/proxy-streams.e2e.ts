import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Archon } from '../support/archon.js';
import { rawRequest, rawUpgrade } from '../support/raw-request.js';
import { recorded, startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

const MIB = 1024 * 1024;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const LOG = '/api/v1/namespaces/default/pods/web/log?follow=true';
const EXEC = '/api/v1/namespaces/default/pods/web/exec?command=sh&stdin=true&stdout=true';
const at = (target: string) => `/kubernetes/rec${target}`;

let archon: Archon;
let cluster: RecordingApiServer;
const put = (name: string) => cluster.local.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
const residentMib = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${archon.pid}/status`, 'utf8'))?.[1]) / 1024;

beforeAll(async () => {
  archon = await Archon.start();
  cluster = await startRecordedCluster(archon, 'rec');
  cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

describe('a stream', () => {
  it('brings each event of a watch before the next one happens, and ends when the client goes', async () => {
    const { body, headers } = await archon.client.stream(at(`${CONFIG_MAPS}?watch=true`));
    expect(headers['content-type']).toBe('application/json');
    let text = '';
    body.on('error', () => undefined).on('data', (chunk: Buffer) => (text += chunk.toString()));
    for (const name of ['first', 'second', 'third']) {
      put(name);
      await eventually(() => text.endsWith('\n') && text.includes(`"name":"${name}"`), { what: `the event of ${name}`, timeoutMs: 2000 });
    }
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(['ADDED', 'ADDED', 'ADDED']);
    expect(cluster.local.watches.count).toBe(1);
    body.destroy();
    await eventually(() => cluster.local.watches.count === 0, { what: 'the watch of the cluster to end', timeoutMs: 2000 });
  });

  it('is not waited for by a cluster when its client goes before the answer', async () => {
    const hook = cluster.on({ path: '/slow' }, { action: 'hang' });
    const { open } = cluster.connections;
    const gone = new AbortController();
    const call = archon.client.stream(at('/slow'), { signal: gone.signal });
    await eventually(() => hook.hits === 1, { what: 'the request' });
    gone.abort();
    await expect(call).rejects.toThrow();
    await eventually(() => cluster.connections.open <= open, { what: 'the connection to the cluster to close', timeoutMs: 2000 });
    hook.remove();
  });

  it('is sent no faster than its client reads, in bounded memory, and arrives whole', async () => {
    const total = 256 * MIB;
    const chunk = randomBytes(64 * 1024);
    let produced = 0;
    cluster.local.podLogs = async function* () {
      while (produced < total) {
        produced += chunk.length;
        yield await Promise.resolve(chunk);
      }
    };
    await archon.client.get(at('/version')); // what Archon loads once is not of this stream
    const before = residentMib();
    const { body } = await archon.client.stream(at(LOG));
    let last = -1;
    const stands = () => {
      const still = produced === last;
      last = produced;
      return still;
    };
    await eventually(stands, { what: 'the cluster to stop sending', intervalMs: 500 });
    expect(produced).toBeLessThan(16 * MIB); // what the sockets of three processes hold
    expect(residentMib() - before).toBeLessThan(32);

    const hash = createHash('sha256');
    let received = 0;
    let highest = 0;
    for await (const part of body as AsyncIterable<Buffer>) {
      hash.update(part);
      received += part.length;
      highest = Math.max(highest, residentMib());
    }
    const expected = createHash('sha256');
    for (let sent = 0; sent < total; sent += chunk.length) expected.update(chunk);
    expect([received, hash.digest('hex')]).toEqual([total, expected.digest('hex')]);
    expect(highest - before, 'it does not grow with the size').toBeLessThan(128);
  });

  it('of a session is delivered whole when the cluster closes right behind it', async () => {
    // One binary message: RFC 6455 §5.2, with a length of 64 bits.
    const bytes = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0x40, 0, 0]), randomBytes(4 * MIB)]);
    const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='; // RFC 6455 §1.3: the answer to its example key, which rawUpgrade sends
    const head = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    cluster.on(
      { path: /\/exec$/ },
      { action: 'takeOver', run: (socket) => socket.end(Buffer.concat([Buffer.from(head), bytes])) },
      { times: 1 },
    );
    const connection = await archon.client.openRaw();
    connection.write(rawUpgrade(at(EXEC), { token: archon.token }));
    const text = await connection.receives();
    const received = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
    expect([received.length, received.equals(bytes)]).toEqual([bytes.length, true]);
  });
});

describe('a body', () => {
  it('of unknown length passes unread, byte for byte, at the limit of the API server', async () => {
    const bytes = randomBytes(3 * MIB); // no JSON: whoever parses it, fails
    const sent = Buffer.concat([
      ...Array.from({ length: 48 }, (_, index) => {
        const part = bytes.subarray(index * 65_536, (index + 1) * 65_536);
        return Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
      }),
      Buffer.from('0\r\n\r\n'),
    ]);
    cluster.on({ path: CONFIG_MAPS, method: 'POST' }, { action: 'answer', status: 201, body: { done: true } }, { times: 1 });
    const headers = ['Content-Type: application/json', 'Transfer-Encoding: chunked', 'Expect: 100-continue'];
    const connection = await archon.client.openRaw();
    const { requests } = await recorded(cluster, async () => {
      connection.write(rawRequest(at(CONFIG_MAPS), { method: 'POST', token: archon.token, headers }));
      await connection.receives(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
      connection.write(sent);
      await connection.receives(/HTTP\/1\.1 201 [^]*\{"done":true\}/);
    });
    connection.close();
    expect([requests.length, requests[0]?.header('transfer-encoding'), requests[0]?.header('content-length')]).toEqual([
      1,
      ['chunked'],
      [],
    ]);
    expect(requests[0]?.body.equals(bytes)).toBe(true);
  });

  it('that is compressed stays as it is, both ways', async () => {
    const upload = gzipSync('{"kind":"ConfigMap"}');
    const download = gzipSync(JSON.stringify({ items: Array(1000).fill('item') }));
    const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' };
    cluster.on({ path: '/zipped' }, { action: 'answer', status: 200, body: download, headers }, { times: 2 });
    const post = () => archon.client.post(at('/zipped'), upload, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
    await expect(post()).rejects.toThrow(SyntaxError); // the client of the tests takes the compressed bytes for JSON
    const answer = await archon.client.stream(at('/zipped'), { headers: { 'accept-encoding': 'gzip' } });
    const bytes = await buffer(answer.body);
    expect([answer.headers['content-encoding'], bytes.equals(download), gunzipSync(bytes).length]).toEqual([
      'gzip',
      true,
      gunzipSync(download).length,
    ]);
    const [sent, asked] = cluster.requests.slice(-2);
    expect([sent?.body.equals(upload), sent?.header('content-encoding'), asked?.header('accept-encoding')]).toEqual([
      true,
      ['gzip'],
      ['gzip'],
    ]);
  });
});

describe('at shutdown', () => {
  it('streams are told why, and the process ends in time', async () => {
    const watch = await archon.client.openRaw();
    watch.write(rawRequest(at(`${CONFIG_MAPS}?watch=true`), { token: archon.token }));
    await watch.receives(/"name":"first"/);
    const quiet = await archon.client.openRaw();
    quiet.write(rawRequest(at('/api/v1/namespaces/none/secrets?watch=true'), { token: archon.token }));
    await quiet.receives(/\r\n\r\n/);
    cluster.local.podLogs = async function* (_request, signal) {
      yield 'line\n';
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const log = await archon.client.openRaw();
    log.write(rawRequest(at(LOG), { token: archon.token }));
    await log.receives(/line\n/);
    const ca = readFileSync(path.join(archon.state, 'tls/ca.crt'));
    const webSocket = new WebSocket(`${archon.client.url}${at(EXEC)}`, 'v5.channel.k8s.io', {
      ca,
      headers: { authorization: `Bearer ${archon.token}` },
    });
    await once(webSocket, 'message');
    const closed = once(webSocket, 'close') as Promise<[code: number]>;

    const begin = performance.now();
    expect(await archon.stop()).toBe(0);
    expect(performance.now() - begin).toBeLessThan(5000);
    for (const each of [watch, quiet]) {
      const event = /\n(\{"type":"ERROR".*\})\r?\n\r\n0\r\n\r\n$/.exec(await each.receives())?.[1];
      expect(JSON.parse(event ?? '{}')).toMatchObject({
        object: { kind: 'Status', code: 503, reason: 'ServiceUnavailable', message: 'Archon is shutting down: connect again' },
      });
    }
    expect(await log.receives()).not.toMatch(/ERROR|\r\n0\r\n\r\n$/); // cut off, not ended
    expect((await closed)[0]).toBe(1001);
  });
});
