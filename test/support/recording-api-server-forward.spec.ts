import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ArchonClient } from './http-client.js';
import { RecordingApiServer } from './recording-api-server.js';
import { eventually } from './wait-for.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const EXEC = '/api/v1/namespaces/default/pods/web/exec?command=sh&stdin=true';
const web = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' } };

describe('a forwarding RecordingApiServer', () => {
  let folder: string;
  let cluster: RecordingApiServer;
  let recorder: RecordingApiServer;
  let client: ArchonClient;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'forward-'));
    const file = (name: string): string => path.join(folder, name);
    cluster = await RecordingApiServer.start({ clientCertificates: 'required' });
    const { certPem, keyPem } = await cluster.authority.issue({
      commonName: 'admin',
      organizations: ['system:masters'],
      usages: ['client'],
    });
    await Promise.all([writeFile(file('ca'), cluster.caPem), writeFile(file('cert'), certPem), writeFile(file('key'), keyPem)]);
    recorder = await RecordingApiServer.start({
      forwardTo: { url: cluster.url, caFile: file('ca'), clientCertFile: file('cert'), clientKeyFile: file('key') },
    });
    client = new ArchonClient(recorder);
    cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
  });

  afterEach(async () => {
    await client.close();
    await recorder.close();
    await cluster.close();
    await rm(folder, { recursive: true });
  });

  function raw(line: string, ...headers: string[]): string {
    return [`${line} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${recorder.token}`, ...headers, '', ''].join('\r\n');
  }

  it('hands requests on unchanged but for the Authorization, with the client certificate', async () => {
    const body = JSON.stringify(web);
    const odd = ['impersonate-user: ann', 'Impersonate-Group: a', 'Impersonate-Group: b', 'X_Odd: 1', `Content-Length: ${body.length}`];
    await client.raw(raw(`POST ${CONFIG_MAPS}?fieldManager=%61`, ...odd) + body, { until: /\r\n\r\n.*\}/ });
    const [seen] = cluster.requests;
    expect([seen?.method, seen?.url, seen?.body.toString(), seen?.tls.clientCommonName]).toEqual([
      'POST',
      `${CONFIG_MAPS}?fieldManager=%61`,
      body,
      'admin',
    ]);
    expect(seen?.rawHeaders).toEqual([...(recorder.requests[0]?.rawHeaders.toSpliced(2, 2) ?? []), 'Connection', 'keep-alive']);
    expect(seen?.rawHeaders.join()).not.toContain(recorder.token);
    expect(recorder.requests[0]?.status).toBe(201);
    expect((await client.get(`${CONFIG_MAPS}/web`)).body).toEqual(cluster.local.find('v1', 'ConfigMap', 'default', 'web'));
  });

  it('passes chunked bodies on, and answers with their own status and headers', async () => {
    const body = JSON.stringify(web);
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    cluster.on({ method: 'POST' }, { action: 'answer', status: 429, body: { kind: 'Status' }, headers: { 'Retry-After': '3' } });
    const { text } = await client.raw(raw(`POST ${CONFIG_MAPS}`, 'Transfer-Encoding: chunked') + chunked, { until: /\{.*\}/ });
    expect(text).toMatch(/^HTTP\/1\.1 429 [^]*Retry-After: 3\r\n[^]*\{"kind":"Status"\}$/);
    expect(cluster.requests[0]?.body.toString()).toBe(body);
  });

  it('lets nobody in without its own token', async () => {
    expect((await client.as('other').get(CONFIG_MAPS)).status).toBe(401);
    expect(cluster.requests).toEqual([]);
  });

  it('streams a watch, and ends it there when the client goes', async () => {
    const { body } = await client.stream(`${CONFIG_MAPS}?watch=true`);
    let text = '';
    body.on('error', () => undefined).on('data', (chunk: Buffer) => (text += chunk.toString()));
    for (const name of ['a', 'b']) {
      cluster.local.put({ ...web, metadata: { name, namespace: 'default' } });
      await eventually(() => text.includes(`"name":"${name}"`), { what: `the event of ${name}` });
    }
    body.destroy();
    await eventually(() => cluster.local.watches.count === 0, { what: 'the watch to end' });
  });

  it('pipes WebSockets and SPDY, and records what the client sends', async () => {
    const socket = new WebSocket(recorder.url.replace('https', 'wss') + EXEC, ['v5.channel.k8s.io'], {
      ca: recorder.caPem,
      headers: { Authorization: `Bearer ${recorder.token}`, 'Impersonate-User': 'ann' },
    });
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.toString()));
    await once(socket, 'open');
    socket.send(Buffer.from('\u0000hello'));
    await eventually(() => messages.length === 2, { what: 'the echo' });
    expect([socket.protocol, messages]).toEqual(['v5.channel.k8s.io', ['\u0001sh\n', '\u0001hello']]);
    expect(cluster.requests[0]?.header('impersonate-user')).toEqual(['ann']);
    expect([recorder.requests[0]?.status, recorder.requests[0]?.received.length]).toEqual([101, 1]);
    const { open } = cluster.connections;
    socket.terminate();
    await eventually(() => cluster.connections.open === open - 1, { what: 'the connection behind to close' });
    const spdy = await client.openRaw();
    spdy.write(`${raw(`GET ${EXEC}`, 'Connection: Upgrade', 'Upgrade: SPDY/3.1')}early`);
    await spdy.receives(/101 [^]*\r\n\r\nearly$/);
    spdy.write('late');
    await spdy.receives(/earlylate$/);
    expect(Buffer.concat(recorder.requests[1]?.received.map(({ data }) => data) ?? []).toString()).toBe('earlylate');
    spdy.close();
  });

  it('relays a refused upgrade and keeps recording the connection', async () => {
    const connection = await client.openRaw();
    connection.write(raw(`GET ${EXEC.replace('web', 'none')}`, 'Connection: Upgrade', 'Upgrade: SPDY/3.1'));
    await connection.receives(/404 [^]*pods \\"none\\" not found/);
    connection.write(raw('GET /version'));
    await connection.receives(/gitVersion/);
    expect(recorder.requests.map(({ status }) => status)).toEqual([404, 200]);
    connection.close();
  });

  it('holds the request before it reaches the cluster, and its answer after', async () => {
    const stored = (): boolean => cluster.local.find('v1', 'ConfigMap', 'default', 'web') !== undefined;
    const seen: [string, boolean, number][] = [];
    recorder.beforeEach = () => void seen.push(['before', stored(), cluster.requests.length]);
    recorder.afterEach = () => void seen.push(['after', stored(), cluster.requests.length]);
    await client.post(CONFIG_MAPS, web);
    expect(seen).toEqual([
      ['before', false, 0],
      ['after', true, 1],
    ]);
  });

  it('breaks the link before or after the k-th request', async () => {
    recorder.on(({ number }) => number === 1, { action: 'reset' });
    recorder.on(({ number }) => number === 2, { action: 'reset' }, { when: 'after' });
    await expect(client.post(CONFIG_MAPS, web)).rejects.toThrow();
    expect(cluster.requests.length).toBe(0);
    await expect(client.post(CONFIG_MAPS, web)).rejects.toThrow();
    expect((await client.post(CONFIG_MAPS, web)).status).toBe(409);
  });

  it('loses the connection when the cluster does, before an answer or in it', async () => {
    cluster.on({ path: '/version' }, { action: 'reset' });
    await expect(client.get('/version')).rejects.toThrow();
    const { body } = await client.stream(`${CONFIG_MAPS}?watch=true`);
    let broken = false;
    body.on('error', () => (broken = true)).resume();
    cluster.local.dropWatches({ abruptly: true });
    await eventually(() => broken, { what: 'the break' });
  });
});
