import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ApiError } from '#errors';
import {
  AddressPolicy,
  type ClusterConnection,
  Connections,
  Discovery,
  Identity,
  KubernetesGateway,
  type KubernetesObject,
  OWN_CREDENTIAL,
  parseJson,
  type ResourceRef,
  type Target,
  type WatchEvent,
} from '#kubernetes';
import type { TestCluster } from './support/global-setup.js';
import { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

const connections = new Connections(
  { connectTimeoutMs: 1000, responseTimeoutMs: 2000 },
  new AddressPolicy(['127.0.0.0/8', '10.0.0.0/8'].map((range) => ipaddr.parseCIDR(range))),
);
const kubernetes = new KubernetesGateway(connections);
afterAll(() => connections.close());

function connectionTo(cluster: TestCluster): ClusterConnection {
  const read = (name: string) => readFileSync(path.join(cluster.certificates, name), 'utf8');
  return {
    id: cluster.name,
    name: cluster.name,
    endpoint: cluster.url,
    certificateAuthority: readFileSync(cluster.caFile, 'utf8'),
    credential: { clientCertificate: read('apiserver-kubelet-client.crt'), clientKey: read('apiserver-kubelet-client.key') },
    generation: 1,
  };
}

const recorded = (server: RecordingApiServer, generation = 1): Target => ({
  cluster: {
    id: server.url,
    name: 'recorded',
    endpoint: server.url,
    certificateAuthority: server.caPem,
    credential: { token: server.token },
    generation,
  },
  identity: Identity.of('jane', ['team']),
});
const configMaps = (namespace: string, name?: string): ResourceRef => ({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespace,
  ...(name === undefined ? {} : { name }),
});
const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: ApiError) => error,
  );

describe('against a real cluster', () => {
  let own: Target;
  beforeAll(async () => {
    own = { cluster: connectionTo(inject('environment').clusters.c2), identity: OWN_CREDENTIAL };
    await kubernetes.create(
      own,
      { group: '', version: 'v1', resource: 'namespaces' },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gateway' } },
    );
  });

  it('keeps every byte of a custom resource: unknown fields, 64-bit integers, odd numbers and keys', async () => {
    const widgets = { group: 'gateway.example.org', version: 'v1', resource: 'widgets' };
    const schema = {
      openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
    };
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget' };
    const versions = [{ name: 'v1', served: true, storage: true, schema }];
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.gateway.example.org' },
      spec: { group: 'gateway.example.org', scope: 'Namespaced', names, versions },
    };
    await kubernetes.create(own, { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }, crd);
    const discovery = new Discovery(kubernetes);
    await eventually(async () => (await discovery.findType(own.cluster, 'gateway.example.org', 'v1', 'Widget'))?.resource === 'widgets', {
      what: 'the new kind to be discovered',
      timeoutMs: 15_000,
      intervalMs: 300,
    });

    const spec =
      '{"a b":"\\u2028","big":9223372036854775807,"deep":{"list":[1,"2",null,{"x":-0.5}]},"future":{"field":[true,{}]},"small":-9007199254740993}';
    const body = parseJson(
      `{"apiVersion":"gateway.example.org/v1","kind":"Widget","metadata":{"name":"w","namespace":"gateway"},"spec":${spec}}`,
    ) as KubernetesObject;
    const inNamespace = { ...widgets, namespace: 'gateway' };
    const created = await eventually(() => kubernetes.create(own, inNamespace, body), {
      what: 'the new resource to be served',
      timeoutMs: 15_000,
    });
    expect(JSON.stringify(created.spec)).toBe(JSON.stringify(parseJson(spec)));
    const read = await kubernetes.get(own, { ...inNamespace, name: 'w' });
    expect(JSON.stringify(read.spec)).toBe(JSON.stringify(parseJson(spec)));
    const applied = await kubernetes.apply(own, { ...inNamespace, name: 'w2' }, { ...body, metadata: { name: 'w2' } });
    expect([applied.created, JSON.stringify(applied.object.spec)]).toEqual([true, JSON.stringify(parseJson(spec))]);
    // What was read can be written back as it is, and nothing has changed.
    const [page] = await Array.fromAsync(kubernetes.listPages(own, inNamespace));
    const listed = page?.items.find((item) => item.metadata.name === 'w');
    const replaced = await kubernetes.patch(own, { ...inNamespace, name: 'w' }, 'merge', listed);
    expect([replaced.metadata.resourceVersion, JSON.stringify(replaced.spec)]).toEqual([
      read.metadata.resourceVersion,
      JSON.stringify(read.spec),
    ]);
  });

  it('pages through a list and patches by every type', async () => {
    for (let i = 0; i < 7; i++)
      await kubernetes.create(own, configMaps('gateway'), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `p${i}`, labels: { page: 'yes' } },
      });
    const pages = await Array.fromAsync(kubernetes.listPages(own, configMaps('gateway'), { labelSelector: 'page=yes', limit: 3 }));
    expect(pages.map((page) => page.items.map((item) => item.metadata.name))).toEqual([['p0', 'p1', 'p2'], ['p3', 'p4', 'p5'], ['p6']]);
    const ref = configMaps('gateway', 'p0');
    await kubernetes.patch(own, ref, 'merge', { data: { merge: '1' } });
    await kubernetes.patch(own, ref, 'json', [{ op: 'add', path: '/data/json', value: '2' }]);
    await kubernetes.patch(own, ref, 'strategic', { data: { strategic: '3' } });
    expect((await kubernetes.get(own, ref)).data).toEqual({ merge: '1', json: '2', strategic: '3' });
    await kubernetes.patch(own, ref, 'merge', { data: { merge: 'never' } }, { dryRun: true });
    expect((await kubernetes.get(own, ref)).data).toEqual({ merge: '1', json: '2', strategic: '3' });
  });

  it("gives the cluster's own Status, with the cluster's name, and refuses to delete another object of the same name", async () => {
    const missing = await failure(kubernetes.get(own, configMaps('gateway', 'absent')));
    expect([missing.code, missing.reason, missing.message, missing.details?.cluster]).toEqual([
      404,
      'NotFound',
      'configmaps "absent" not found',
      'c2',
    ]);
    expect(await kubernetes.find(own, configMaps('gateway', 'absent'))).toBeUndefined();
    const forbidden = await failure(kubernetes.list({ ...own, identity: Identity.of('nobody') }, configMaps('gateway')));
    expect([forbidden.code, forbidden.message]).toEqual([403, expect.stringContaining('User "nobody" cannot list resource "configmaps"')]);
    const conflict = await failure(kubernetes.delete(own, configMaps('gateway', 'p1'), { uid: '00000000-0000-4000-8000-000000000000' }));
    expect(conflict.code).toBe(409);
    expect(
      (
        await failure(
          kubernetes.apply({ ...own }, configMaps('gateway', 'p1'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } }),
        )
      ).code,
    ).toBe(400);
  });

  it('watches: the list first, then each change, over a real connection', async () => {
    const stop = new AbortController();
    const events: string[] = [];
    const watching = (async () => {
      for await (const event of kubernetes.watch(own, configMaps('gateway'), { labelSelector: 'watched=yes', signal: stop.signal }))
        events.push('object' in event ? `${event.type} ${event.object.metadata.name}` : event.type);
    })();
    await eventually(() => events.length === 3, { what: 'the list' });
    await kubernetes.create(own, configMaps('gateway'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'seen', labels: { watched: 'yes' } },
    });
    await kubernetes.patch(own, configMaps('gateway', 'seen'), 'merge', { data: { a: 'b' } });
    await kubernetes.delete(own, configMaps('gateway', 'seen'));
    await eventually(() => events.length === 6, { what: 'three events' });
    expect(events).toEqual(['LISTING', 'PAGE', 'SYNCED', 'ADDED seen', 'MODIFIED seen', 'DELETED seen']);
    stop.abort();
    await watching;
  });
});

it('streams the log of a real container', { timeout: 90_000 }, async () => {
  const own: Target = { cluster: connectionTo(inject('environment').clusters.c1), identity: OWN_CREDENTIAL };
  const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' };
  const container = {
    name: 'web',
    image: 'archon.local/web:v1',
    command: ['/bin/sh', '-c', 'for i in 1 2 3; do echo line $i; done; sleep 300'],
  };
  await kubernetes.create(own, pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'logs' },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  });
  await eventually(
    async () =>
      (await kubernetes.get(own, { ...pods, name: 'logs' })).status &&
      ((await kubernetes.get(own, { ...pods, name: 'logs' })).status as { phase: string }).phase === 'Running',
    { what: 'the Pod to run', timeoutMs: 60_000 },
  );
  const stop = new AbortController();
  const log = await kubernetes.logs(own, { namespace: 'default', name: 'logs' }, { follow: true, container: 'web' }, stop.signal);
  let text = '';
  for await (const chunk of log) {
    text += String(chunk);
    if (text.split('\n').length > 3) break;
  }
  expect(text).toBe('line 1\nline 2\nline 3\n');
  stop.abort();
  await kubernetes.delete(own, { ...pods, name: 'logs' });
});

describe('against a recording API server', () => {
  let server: RecordingApiServer;
  let target: Target;
  beforeAll(async () => {
    server = await RecordingApiServer.start();
    target = recorded(server);
    await kubernetes.create(
      target,
      { group: '', version: 'v1', resource: 'namespaces' },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } },
    );
  });
  afterAll(() => server?.close());

  const watchAll = (signal: AbortSignal, events: WatchEvent[], livenessMs?: number) =>
    (async () => {
      const options = { signal, backoffMs: { first: 10, longest: 50 }, ...(livenessMs === undefined ? {} : { livenessMs }) };
      for await (const event of kubernetes.watch(target, configMaps('a'), options))
        if (event.type !== 'LISTING' && event.type !== 'PAGE') events.push(event);
    })();
  const create = (name: string) => kubernetes.create(target, configMaps('a'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  const shown = (events: WatchEvent[]) =>
    events.map((event) => ('object' in event && event.type !== 'BOOKMARK' ? `${event.type} ${event.object.metadata.name}` : event.type));

  it('sends its credential and the identity, and asks over few connections', async () => {
    const before = server.requests.length;
    for (let i = 0; i < 20; i++) await kubernetes.list(target, configMaps('a'));
    const requests = server.requests.slice(before);
    expect(new Set(requests.map((request) => request.connectionId)).size).toBeLessThanOrEqual(2);
    for (const request of requests)
      expect(['authorization', 'impersonate-user', 'impersonate-group'].map((name) => request.header(name))).toEqual([
        [`Bearer ${server.token}`],
        ['jane'],
        ['team'],
      ]);
  });

  it('resumes a broken watch from the last version, over bookmarks, without a new list', async () => {
    const stop = new AbortController();
    const events: WatchEvent[] = [];
    const watching = watchAll(stop.signal, events);
    await eventually(() => events.length === 1, { what: 'the list' });
    await create('w1');
    await eventually(() => events.length === 2, { what: 'the event' });
    server.local.sendBookmark();
    await eventually(() => shown(events).includes('BOOKMARK'), { what: 'the bookmark' });
    const lists = () =>
      server.requests.filter(({ method, url }) => method === 'GET' && url.includes('/configmaps') && !url.includes('watch')).length;
    const listsBefore = lists();
    server.local.dropWatches();
    await create('w2');
    await eventually(() => shown(events).includes('ADDED w2'), { what: 'the event after the break' });
    expect([lists(), shown(events).filter((text) => text === 'ADDED w1').length]).toEqual([listsBefore, 1]);
    stop.abort();
    await watching;
  });

  it('lists anew after 410 and says so', async () => {
    const stop = new AbortController();
    const events: WatchEvent[] = [];
    const watching = watchAll(stop.signal, events);
    await eventually(() => events.length === 1, { what: 'the list' });
    server.local.expireWatches();
    server.local.dropWatches();
    await eventually(() => shown(events).filter((text) => text.startsWith('SYNCED')).length >= 2, { what: 'the second list' });
    await create('after-410');
    await eventually(() => shown(events).includes('ADDED after-410'), { what: 'events again' });
    stop.abort();
    await watching;
  });

  it('takes a silent connection for dead', async () => {
    const stop = new AbortController();
    const events: WatchEvent[] = [];
    const watching = watchAll(stop.signal, events, 200);
    const watches = () => server.requests.filter(({ url }) => url.includes('watch=true')).length;
    const before = watches();
    await eventually(() => watches() >= before + 3, { what: 'new connections after silence' });
    expect(shown(events)).toEqual(['SYNCED']);
    stop.abort();
    await watching;
  });

  it('does not flood a cluster that closes every watch at once', async () => {
    const hook = server.on((request) => request.url.includes('watch=true'), { action: 'answer', status: 200, body: '' });
    const stop = new AbortController();
    const before = server.requests.length;
    const watching = (async () => {
      for await (const _event of kubernetes.watch(target, configMaps('a'), {
        signal: stop.signal,
        backoffMs: { first: 100, longest: 1000 },
      }));
    })();
    await sleep(1000);
    stop.abort();
    await watching;
    hook.remove();
    expect(server.requests.length - before).toBeLessThan(30);
  });

  it('repeats a read once when the kept connection was closed, a write never', async () => {
    server.on({ method: 'GET', path: /configmaps$/ }, { action: 'reset' }, { times: 1 });
    expect((await kubernetes.list(target, configMaps('a'))).kind).toBe('ConfigMapList');
    server.on({ method: 'POST', path: /configmaps$/ }, { action: 'reset' }, { times: 1 });
    expect([(await failure(create('once'))).code, await kubernetes.find(target, configMaps('a', 'once'))]).toEqual([503, undefined]);
  });

  it.each<[string, Parameters<RecordingApiServer['on']>[1], number]>([
    ['a hang', { action: 'hang' }, 504],
    ['a reset', { action: 'reset' }, 503],
    ['garbage', { action: 'garbage', bytes: 'SSH-2.0-x\r\n' }, 503],
    ['a truncated body', { action: 'truncate', bytes: 20 }, 503],
    ['a redirect', { action: 'redirect', location: 'https://127.0.0.1:1/' }, 503],
    ['an HTML page', { action: 'answer', status: 502, body: '<html>bad gateway</html>' }, 502],
  ])('turns %s into a Status that names the cluster, in bounded time', async (_what, fault, code) => {
    const hook = server.on({ path: /configmaps$/ }, fault);
    const begin = performance.now();
    const error = await failure(kubernetes.list(target, configMaps('a')));
    hook.remove();
    expect([error.code, error.details?.cluster]).toEqual([code, 'recorded']);
    expect(error.message).not.toMatch(/html|127\.0\.0\.1|undici|node:/);
    expect(performance.now() - begin).toBeLessThan(7000);
  });

  it('uses new connections for a new credential generation, and the old credential never again', async () => {
    await kubernetes.list(target, configMaps('a'));
    const connection = server.requests.at(-1)?.connectionId;
    await kubernetes.list(recorded(server, 2), configMaps('a'));
    expect(server.requests.at(-1)?.connectionId).not.toBe(connection);
  });

  it('keeps no connection to a cluster that nobody watches or uses', { timeout: 40_000 }, async () => {
    const stop = new AbortController();
    const watching = (async () => {
      for await (const _ of kubernetes.watch(target, configMaps('a'), { signal: stop.signal }));
    })();
    await eventually(() => server.local.watches.count === 1, { what: 'the watch' });
    await sleep(12_000);
    expect(server.local.watches.count).toBe(1);
    stop.abort();
    await watching;
    expect(server.connections.open).toBeGreaterThan(0);
    await eventually(() => server.connections.open === 0, { what: 'the connections to end', timeoutMs: 15_000 });
    expect((await kubernetes.list(target, configMaps('a'))).kind).toBe('ConfigMapList');
  });
});
