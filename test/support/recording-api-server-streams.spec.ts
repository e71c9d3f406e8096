import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { ArchonClient } from './http-client.js';
import { RecordingApiServer } from './recording-api-server.js';
import { eventually } from './wait-for.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

interface WatchEvent {
  type: string;
  object: KubernetesObject & { code?: number };
}

function configMap(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels } };
}

/** The events of a watch as they come. */
class WatchReader {
  readonly events: WatchEvent[] = [];
  end: 'open' | 'ended' | 'broken' = 'open';

  constructor(body: Readable) {
    body.on('end', () => (this.end = 'ended'));
    body.on('error', () => (this.end = 'broken'));
    let rest = '';
    body.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.events.push(JSON.parse(line) as WatchEvent);
    });
  }

  get seen(): string[] {
    return this.events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
  }

  async sees(...events: string[]): Promise<void> {
    await eventually(() => this.events.length >= events.length, { what: `${events.length} events`, timeoutMs: 3000 });
    expect(this.seen).toEqual(events);
  }
}

describe('the streams of a RecordingApiServer', () => {
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

  async function watch(query = ''): Promise<WatchReader> {
    const { status, body } = await client.stream(`${CONFIG_MAPS}?watch=true${query}`);
    expect(status).toBe(200);
    return new WatchReader(body);
  }

  it('watches from now with what exists, then every change', async () => {
    server.local.put(configMap('old'));
    const watcher = await watch();
    await client.post(CONFIG_MAPS, configMap('new'));
    await client.patch(`${CONFIG_MAPS}/new`, { data: { a: '1' } });
    await client.post('/api/v1/namespaces/kube-system/configmaps', { ...configMap('x'), metadata: { name: 'elsewhere' } });
    await client.delete(`${CONFIG_MAPS}/old`);
    await watcher.sees('ADDED old', 'ADDED new', 'MODIFIED new', 'DELETED old');
    const versions = watcher.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((one, other) => one - other));
  });

  it('resumes after a version without losing or repeating anything', async () => {
    server.local.put(configMap('a'));
    const { metadata } = server.local.put(configMap('b'));
    server.local.put(configMap('c'));
    server.local.remove('v1', 'ConfigMap', 'default', 'a');
    const watcher = await watch(`&resourceVersion=${metadata.resourceVersion}`);
    server.local.put(configMap('d'));
    await watcher.sees('ADDED c', 'DELETED a', 'ADDED d');
  });

  it('shows an object that enters or leaves the selection as added or deleted', async () => {
    const watcher = await watch('&labelSelector=app%3Dweb');
    server.local.put(configMap('a'));
    server.local.put(configMap('a', { app: 'web' }));
    server.local.put(configMap('a', { app: 'web', tier: 'x' }));
    server.local.put(configMap('a', { app: 'other' }));
    await watcher.sees('ADDED a', 'MODIFIED a', 'DELETED a');
  });

  it('sends bookmarks to those who allow them', async () => {
    const [with_, without] = [await watch('&allowWatchBookmarks=true'), await watch()];
    server.local.sendBookmark();
    server.local.put(configMap('a'));
    await with_.sees('BOOKMARK', 'ADDED a');
    await without.sees('ADDED a');
    expect(with_.events[0]?.object).toMatchObject({
      kind: 'ConfigMap',
      metadata: { resourceVersion: String(server.local.store.revision - 1) },
    });
  });

  it('marks the end of the initial events of a watch-list', async () => {
    server.local.put(configMap('a'));
    const watcher = await watch('&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    await watcher.sees('ADDED a', 'BOOKMARK');
    expect(watcher.events[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  it('ends watches with 410 when versions expire, and answers too old versions so', async () => {
    const { metadata } = server.local.put(configMap('a'));
    const watcher = await watch(`&resourceVersion=${metadata.resourceVersion}`);
    server.local.expireWatches();
    await eventually(() => watcher.end === 'ended', { what: 'the end' });
    expect(watcher.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
    const late = await watch(`&resourceVersion=${metadata.resourceVersion}`);
    await eventually(() => late.end === 'ended', { what: 'the end' });
    expect(late.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
    const { body } = await client.get<KubernetesObject>(CONFIG_MAPS);
    const fresh = await watch(`&resourceVersion=${body.metadata.resourceVersion}`);
    server.local.put(configMap('b'));
    await fresh.sees('ADDED b');
  });

  it('drops watches in an orderly way or abruptly', async () => {
    const orderly = await watch();
    server.local.dropWatches();
    await eventually(() => orderly.end === 'ended', { what: 'the end' });
    const abrupt = await watch();
    server.local.dropWatches({ abruptly: true });
    await eventually(() => abrupt.end === 'broken', { what: 'the break' });
    expect(server.local.watches.count).toBe(0);
  });

  it('ends a watch after its timeout, and forgets one whose client has gone', async () => {
    const short = await watch('&timeoutSeconds=1');
    const { body } = await client.stream(`${CONFIG_MAPS}?watch=1`);
    expect(server.local.watches.count).toBe(2);
    body.on('error', () => undefined).destroy();
    await eventually(() => server.local.watches.count === 1, { what: 'the abandoned watch to go' });
    await eventually(() => short.end === 'ended', { what: 'the timeout' });
    expect(server.local.watches.count).toBe(0);
  });

  describe('pod logs', () => {
    const LOG = '/api/v1/namespaces/default/pods/web/log';
    beforeEach(() => server.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } }));

    it('come to their end, or stay open when followed', async () => {
      const whole = await client.get(LOG);
      expect([whole.text, whole.headers['content-type']]).toEqual(['line 1\nline 2\nline 3\n', 'text/plain; charset=utf-8']);
      const { body } = await client.stream(`${LOG}?follow=true`);
      let text = '';
      let ended = false;
      body.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => (ended = true));
      await eventually(() => text === whole.text, { what: 'the lines' });
      expect(ended).toBe(false);
      expect((await client.get('/api/v1/namespaces/default/pods/none/log')).status).toBe(404);
      body.on('error', () => undefined).destroy();
    });

    it('are produced no faster than they are read', async () => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      let produced = 0;
      server.local.podLogs = async function* (_request, signal) {
        while (!signal.aborted) {
          produced += chunk.length;
          yield await Promise.resolve(chunk);
        }
      };
      const { body } = await client.stream(`${LOG}?follow=true`);
      let last = -1;
      const stands = (): boolean => {
        const still = produced === last;
        last = produced;
        return still;
      };
      await eventually(stands, { what: 'the log to stand still', intervalMs: 200 });
      expect(produced).toBeLessThan(32 * 1024 * 1024);
      body.on('error', () => undefined).destroy();
    });
  });
});
