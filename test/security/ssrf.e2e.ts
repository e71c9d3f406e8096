import { Resolver } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { AddressPolicy, Connections, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { DnsServer } from '../support/dns-server.js';
import { rawUpgrade, statusOf } from '../support/raw-request.js';
import { RecordingApiServer } from '../support/recording-api-server.js';
import { Sentinel } from '../support/sentinel.js';

type Status = { code: number; reason: string; message: string; details: { causes: { field: string; message: string }[] } };

const PATH = '/acp/v1/clusters';
/** The only network of this machine that Archon may connect to in this file. */
const ALLOWED = '127.9.9.0/24';
/** Spellings of hosts that are, or lead to, loopback, link-local, metadata, private, shared or reserved addresses. */
const HOSTS = [
  ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0x7F.0x0.0x0.0x1', '017700000001', '0177.0.0.1'],
  ...['0177.0.0.01', '127.0.0.1.', '127.255.255.254', '127.0.1.1', '0.0.0.0', '0', '0x0', '00000000000', '0.0.0.0.'],
  ...[
    'localhost',
    'localhost.',
    'LOCALHOST',
    'LocalHost.',
    'ｌｏｃａｌｈｏｓｔ',
    '１２７.0.0.1',
    '①②⑦.0.0.1',
    '127。0。0。1',
    '127．0．0．1',
  ],
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]'],
  ...['[::127.0.0.1]', '[::7f00:1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]'],
  ...['[2001:0:7f00:1::]', '[::ffff:0:127.0.0.1]', '[fe80::1]', '[fe80::1%25lo]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[fec0::1]'],
  ...['169.254.169.254', '0xa9fea9fe', '2852039166', '[::ffff:169.254.169.254]', '169.254.170.2', '100.100.100.200', '168.63.129.16'],
  ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '192.0.0.192', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  ...['127.0.0.1%00.example.org', 'example.org%00@127.0.0.1', '127.0.0.1\0', '127.0.0.1%2f', 'user@127.0.0.1', '127.0.0.1\\@8.8.8.8'],
];

let archon: Archon;
let sentinel: Sentinel;
let cluster: RecordingApiServer;

beforeAll(async () => {
  [archon, sentinel, cluster] = await Promise.all([
    Archon.start({ settings: { ARCHON_CLUSTER_ALLOWED_NETWORKS: ALLOWED } }),
    Sentinel.start(),
    RecordingApiServer.start({ host: '127.9.9.9' }),
  ]);
  await archon.registerKubeconfig('allowed', cluster.kubeconfig());
});
afterAll(async () => {
  await archon?.dispose();
  sentinel?.close();
  await cluster?.close();
});

const kubeconfigOf = (server: string) =>
  stringify({
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 'CANARY-token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });

const specs: [string, (endpoint: string) => object][] = [
  ['fields', (endpoint) => ({ endpoint, token: 'CANARY-token' })],
  ['a kubeconfig', (endpoint) => ({ kubeconfig: kubeconfigOf(endpoint) })],
];
const ways: [string, (spec: object) => ReturnType<typeof send>][] = ['', '?dryRun=All'].flatMap((query) => [
  [`POST${query}`, (spec: object) => send('POST', `${PATH}${query}`, { metadata: { name: 'target' }, spec })],
  [`PATCH${query}`, (spec: object) => send('PATCH', `${PATH}/allowed${query}`, { spec })],
]);
const entryPoints = specs.flatMap(([what, specOf]) =>
  ways.map(([how, request]) => ({ name: `${how} of ${what}`, try: (endpoint: string) => request(specOf(endpoint)) })),
);

const send = (method: 'POST' | 'PATCH', path: string, body: object) =>
  method === 'POST' ? archon.client.post<Status>(path, body) : archon.client.patch<Status>(path, body);

/** Runs over all items, some at a time. */
async function all<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  await Promise.all(
    Array.from({ length: 24 }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item);
    }),
  );
}

it('S-10 T54 CVE-2026-44936 CVE-2022-39383 CVE-2025-14443 CVE-2024-6538 CVE-2020-13788 CVE-2026-48930: no spelling leads inside, at any entry point', {
  timeout: 120_000,
}, async () => {
  const tries = entryPoints.flatMap((entry) => HOSTS.map((host) => ({ entry, host })));
  await all(tries, async ({ entry, host }) => {
    const answer = await entry.try(`https://${host}:${sentinel.port}`);
    expect([answer.status, answer.body?.reason], `${entry.name}, ${host}: ${answer.text}`).toEqual([422, 'Invalid']);
    expect(answer.text).not.toContain('CANARY');
  });
  expect(sentinel.connections).toBe(0);
  expect(await archon.database.query('select name from clusters')).toEqual([{ name: 'allowed' }]);
  accept({
    row: 'S-10',
    what: 'SSRF spellings at the cluster entry points',
    volume: `${HOSTS.length} spellings × ${entryPoints.length} entry points`,
    result: `${sentinel.connections} connections at the sentinel`,
  });
});

it('T61 CVE-2025-13281 CVE-2021-25320: internal targets are answered alike, whether something is there or not', {
  timeout: 60_000,
}, async () => {
  const ofSentinel = ['127.0.0.1', '[::1]', 'localhost'].map((host) => `https://${host}:${sentinel.port}`);
  const ofNobody = ['127.0.0.1:1', '10.255.255.1', '169.254.169.254', 'no-such-host.invalid'].map((host) => `https://${host}`);
  const timesOf = async (targets: string[]) => {
    const times: number[] = [];
    for (let round = 0; round < 7; round++)
      await Promise.all(
        targets.map(async (endpoint) => {
          const begin = performance.now();
          const answer = await archon.client.post<Status>(PATH, { metadata: { name: 'probe' }, spec: { endpoint, token: 't' } });
          times.push(performance.now() - begin);
          expect(
            answer.body.details.causes.map(({ field }) => field),
            answer.text,
          ).toEqual(['spec.endpoint']);
          texts.add(answer.text);
        }),
      );
    return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  };
  const texts = new Set<string>();
  const [there, absent] = [await timesOf(ofSentinel), await timesOf(ofNobody)];
  expect(texts.size).toBe(1);
  expect(Math.abs(there - absent), `${there} ms and ${absent} ms`).toBeLessThan(50);
  expect(sentinel.connections).toBe(0);
});

describe('a cluster that was registered in good faith', () => {
  const paths = ['/api/v1/pods', '/api/v1/pods?watch=1', '/api/v1/namespaces/a/pods/b/log?follow=1'];

  it('T54 is not called when its endpoint leads inside later', async () => {
    const [before] = await archon.database.query<{ endpoint: string }>('select endpoint from clusters');
    await archon.stop();
    await archon.database.query(`update clusters set endpoint = 'https://127.0.0.1:${sentinel.port}'`);
    await archon.run();
    for (const path of paths) {
      const answer = await archon.client.get<Status>(`/kubernetes/allowed${path}`);
      expect([answer.status, answer.body.reason], answer.text).toEqual([503, 'ServiceUnavailable']);
    }
    const exec = '/kubernetes/allowed/api/v1/namespaces/a/pods/b/exec?command=ls&stdout=1';
    expect(statusOf(await archon.client.raw(rawUpgrade(exec, { token: archon.token })))).toBe(503);
    expect(sentinel.connections).toBe(0);
    await archon.stop();
    await archon.database.query(`update clusters set endpoint = '${before?.endpoint}'`);
    await archon.run();
  });

  it.each([301, 302, 303, 307, 308])(
    'T15 CVE-2020-8559 CVE-2022-3172 CVE-2020-8561: its redirect (%i) is followed neither at registration nor later',
    async (code) => {
      const second = await RecordingApiServer.start({ host: '127.9.9.8' });
      const first = await RecordingApiServer.start({ host: '127.9.9.7' });
      const hook = first.on({}, { action: 'answer', status: code, headers: { location: `${second.url}/api`, 'set-cookie': 'a=b' } });
      try {
        const refused = await archon.client.post<Status>(PATH, {
          metadata: { name: 'redirecting' },
          spec: { kubeconfig: first.kubeconfig() },
        });
        expect([refused.status, refused.body.message]).toEqual([503, expect.stringContaining('redirect')]);
        hook.remove();
        await archon.registerKubeconfig('redirecting', first.kubeconfig());
        first.on({}, { action: 'answer', status: code, headers: { location: `${second.url}/api`, 'set-cookie': 'a=b' } });
        const proxied = await archon.client.get('/kubernetes/redirecting/api/v1/pods');
        expect(proxied.headers).not.toHaveProperty('set-cookie');
        expect([second.requests.length, first.requests.length > 1]).toEqual([0, true]);
      } finally {
        await archon.client.delete(`${PATH}/redirecting`);
        await Promise.all([first.close(), second.close()]);
      }
    },
  );
});

it('T55 CVE-2020-8562: a name that leads inside every other time never does so for Archon', { timeout: 120_000 }, async () => {
  const tries = volume({ ci: 1000, nightly: 5000 });
  const dns = await DnsServer.start((question) => (question % 2 === 0 ? '127.9.9.9' : '127.0.0.1'));
  const resolver = new Resolver();
  resolver.setServers([dns.address]);
  const policy = new AddressPolicy([ipaddr.parseCIDR(ALLOWED)], (hostname, _, done) =>
    resolver.resolve4(hostname, (error, addresses) =>
      done(
        error,
        (addresses ?? []).map((address) => ({ address, family: 4 })),
      ),
    ),
  );
  const connections = new Connections({ connectTimeoutMs: 5000, responseTimeoutMs: 5000 }, policy);
  const kubernetes = new KubernetesGateway(connections);
  const inside = await Sentinel.start('127.0.0.1', Number(new URL(cluster.url).port));
  const rebinding = {
    id: 'rebinding',
    name: 'rebinding',
    endpoint: `https://localhost:${new URL(cluster.url).port}`,
    certificateAuthority: cluster.caPem,
    credential: { token: cluster.token },
  };
  const counts = { answered: 0, refused: 0 };
  try {
    for (let generation = 1; generation <= tries; generation++) {
      const target = { cluster: { ...rebinding, generation }, identity: OWN_CREDENTIAL } as const;
      await kubernetes.getPath(target, '/version').then(
        () => counts.answered++,
        (error: Error) => {
          expect(error.message).toContain('no address that clusters may have');
          counts.refused++;
        },
      );
    }
    expect([dns.given.length, inside.connections]).toEqual([tries, 0]);
    expect(counts).toEqual({ answered: tries / 2, refused: tries / 2 });
  } finally {
    await connections.close();
    dns.close();
    inside.close();
  }
  accept({ row: 'S-10', what: 'DNS rebinding at the connections to clusters', volume: `${tries} tries`, result: '0 connections inside' });
});
