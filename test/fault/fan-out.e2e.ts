import { randomInt } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AddressPolicy, allOrNothing, type ClusterConnection, Connections, fanOut, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';
import { CertificateAuthority } from '#pki';
import { accept, seed, volume } from '../support/acceptance.js';
import { RecordingApiServer } from '../support/recording-api-server.js';

const SIZE = 10;
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' };

const connections = new Connections(
  { connectTimeoutMs: 1000, responseTimeoutMs: 2000 },
  new AddressPolicy([ipaddr.parseCIDR('127.0.0.0/8')]),
);
const kubernetes = new KubernetesGateway(connections);
let servers: RecordingApiServer[] = [];
let clusters: ClusterConnection[] = [];

beforeAll(async () => {
  const authority = await CertificateAuthority.create('fan-out');
  servers = await Promise.all(Array.from({ length: SIZE }, () => RecordingApiServer.start({ authority })));
  clusters = servers.map((server, index) => {
    server.local.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `of-c${index}`, namespace: 'default' } });
    const { url, caPem, token } = server;
    return { id: `c${index}`, name: `c${index}`, endpoint: url, certificateAuthority: caPem, credential: { token }, generation: 1 };
  });
});
afterAll(async () => {
  await connections.close();
  await Promise.all(servers.map((server) => server.close()));
});

const list = () =>
  fanOut(
    clusters,
    async (cluster) =>
      (await kubernetes.list({ cluster, identity: OWN_CREDENTIAL }, CONFIG_MAPS)).items.map(({ metadata }) => metadata.name),
    { deadlineMs: 1000, concurrency: SIZE },
  );

it('F-5 T102 a list over 10 clusters names exactly the dead ones, for every number of them', { timeout: 120_000 }, async () => {
  const start = seed();
  let state = start >>> 0;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const rounds = volume({ ci: 5, nightly: 100 });
  const faults = [{ action: 'reset' }, { action: 'answer', status: 500 }, { action: 'garbage', bytes: 'no' }, { action: 'hang' }] as const;
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k <= SIZE; k++) {
      const order = clusters.map((_, index) => ({ index, key: random() })).toSorted((a, b) => a.key - b.key);
      const dead = new Set(order.slice(0, k).map(({ index }) => index));
      const hooks = [...dead].map((index) =>
        servers[index]?.on({ path: /configmaps/ }, faults[Math.floor(random() * (round === 0 ? 4 : 3))] ?? faults[0]),
      );
      const merged = await list();
      for (const hook of hooks) hook?.remove();
      const named = { items: merged.items.map(({ cluster }) => cluster), failures: merged.failures.map(({ cluster }) => cluster) };
      const expected = {
        items: clusters.flatMap(({ name }, index) => (dead.has(index) ? [] : [name])),
        failures: clusters.flatMap(({ name }, index) => (dead.has(index) ? [name] : [])),
      };
      expect(named, `seed ${start}, round ${round}, k ${k}`).toEqual(expected);
      for (const { cluster, value } of merged.items) expect(value).toEqual([`of-${cluster}`]);
      for (const { reason, message } of merged.failures) expect([reason, message].every((text) => text.length > 0)).toBe(true);
      if (k > 0) expect(() => allOrNothing(merged)).toThrow(expect.objectContaining({ code: 504 }));
      else expect(allOrNothing(merged)).toHaveLength(SIZE);
    }
  }
  const volumeDone = `${rounds * (SIZE + 1)} calls`;
  accept({
    row: 'F-5',
    what: 'partial results over 10 clusters, k = 0..10 dead',
    volume: volumeDone,
    result: 'failures exact',
    seed: start,
  });
});

it('a cluster that never answers costs its deadline once, not the answers of the others', async () => {
  const hook = servers[randomInt(SIZE)]?.on({ path: /configmaps/ }, { action: 'hang' });
  const begin = performance.now();
  const { items, failures } = await list();
  hook?.remove();
  expect([items.length, failures.length, failures[0]?.reason]).toEqual([SIZE - 1, 1, 'Timeout']);
  expect(performance.now() - begin).toBeLessThan(3000);
});
