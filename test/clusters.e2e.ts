import { execFileSync } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { access, mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { TcpFaultProxy } from '#lab';
import { CertificateAuthority } from '#pki';
import { Archon } from './support/archon.js';
import type { TestCluster } from './support/global-setup.js';
import type { ClientResponse } from './support/http-client.js';
import { Kubectl } from './support/kubectl.js';
import { ServiceAccount } from './support/service-account.js';

interface Cluster {
  kind: string;
  metadata: { name: string; uid: string; labels: Record<string, string> };
  spec: { endpoint?: string; displayName: string; disabled: boolean };
  status: { state: string; reason: string; version?: string; nodes?: number; expiresAt?: string; permissions: { missing: string[] } };
}
type Status = { kind: string; code: number; reason: string; message: string; details: { causes: { field: string; message: string }[] } };
type Fields = Record<string, unknown>;
interface Kubeconfig {
  clusters: { name: string; cluster: Fields }[];
  users: { name: string; user: Fields }[];
  contexts: { name: string; context: Fields }[];
}

const PATH = '/acp/v1/clusters';
const base64 = (text: string) => Buffer.from(text).toString('base64');

let archon: Archon;
let account: ServiceAccount;
let c1: TestCluster;
let c2: TestCluster;

beforeAll(async () => {
  ({ c1, c2 } = inject('environment').clusters);
  const kubectl = new Kubectl({ program: inject('environment').kubectl, kubeconfig: c2.kubeconfig });
  // Everything is logged, so that a secret in any log line is seen.
  [archon, account] = await Promise.all([Archon.start({ settings: { ARCHON_LOG_LEVEL: 'trace' } }), ServiceAccount.create(kubectl)]);
});
afterEach(async () => {
  for (const name of await registered()) await archon.client.delete(`${PATH}/${name}`);
});
afterAll(() => Promise.all([archon?.dispose(), account?.delete()]));

const register = <T = Status>(name: unknown, spec: object, metadata: object = {}) =>
  archon.client.post<T>(PATH, { metadata: { name, ...metadata }, spec });
const registered = async () =>
  (await archon.database.query<{ name: string }>('select name from clusters order by name')).map((row) => row.name);
const authorityOf = (cluster: TestCluster) => base64(readFileSync(cluster.caFile, 'utf8'));
const byToken = (token = account.token) => ({ endpoint: c2.url, certificateAuthorityData: authorityOf(c2), token });
const certificateOf = (cluster: TestCluster) => {
  const file = path.join(cluster.certificates, 'apiserver-kubelet-client');
  return { certificate: readFileSync(`${file}.crt`, 'utf8'), key: readFileSync(`${file}.key`, 'utf8') };
};
const byCertificate = (cluster: TestCluster) => {
  const { certificate, key } = certificateOf(cluster);
  const certificateAuthorityData = authorityOf(cluster);
  return { endpoint: cluster.url, certificateAuthorityData, clientCertificateData: base64(certificate), clientKeyData: base64(key) };
};
const fieldsOf = (answer: ClientResponse<Status>) => answer.body.details.causes.map((cause) => cause.field);

/** What must not be seen anywhere: each of these is a part of a credential that can't be in a text by chance. */
function canariesOf(token: string, key: string): string[] {
  const lines = key.trim().split('\n');
  return [
    token,
    token.split('.')[2] ?? token,
    'PRIVATE KEY',
    lines[1] ?? key,
    base64(key).slice(0, 60),
    base64(lines[1] ?? key).slice(0, 40),
  ];
}

describe('register', () => {
  it('from a kubeconfig: the cluster is Ready with its version and nodes', async () => {
    const kubeconfig = await readFile(c1.kubeconfig, 'utf8');
    const { body, status, text } = await register<Cluster>(
      'from-kubeconfig',
      { kubeconfig, displayName: 'First' },
      { labels: { region: 'eu' } },
    );
    expect(status, text).toBe(201);
    expect(body).toMatchObject({
      kind: 'Cluster',
      metadata: { name: 'from-kubeconfig', labels: { region: 'eu' } },
      spec: { endpoint: c1.url, displayName: 'First', disabled: false },
      status: { state: 'Ready', version: expect.stringMatching(/^v1\.\d+\.\d+/) as string, nodes: 1, permissions: { missing: [] } },
    });
    const notAfter = execFileSync('openssl', ['x509', '-noout', '-enddate'], {
      input: Buffer.from(clientCertificateOf(kubeconfig), 'base64'),
    });
    expect(body.status.expiresAt).toBe(new Date(notAfter.toString().trim().replace('notAfter=', '')).toISOString());
  });

  it('from a context of the kubeconfig that is not the current one', async () => {
    const config = parse(await readFile(c1.kubeconfig, 'utf8')) as Fields;
    const kubeconfig = stringify({ ...config, 'current-context': 'elsewhere' });
    expect(fieldsOf(await register('by-context', { kubeconfig }))).toEqual(['spec.kubeconfig.contexts']);
    expect((await register('by-context', { kubeconfig, context: 'c1' })).status).toBe(201);
  });

  it('from endpoint, CA and the token of a ServiceAccount, whose expiry is told', async () => {
    const { status, body, text } = await register<Cluster>('by-token', byToken());
    expect(status, text).toBe(201);
    expect(body.status).toMatchObject({ state: 'Ready', nodes: 10, permissions: { missing: [] } });
    const { exp } = JSON.parse(Buffer.from(account.token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
    expect(body.status.expiresAt).toBe(new Date(exp * 1000).toISOString());
    expect((await archon.client.get('/kubernetes/by-token/api/v1/namespaces/kube-system')).status).toBe(200);
  });

  it('from the fields of a client certificate', async () => {
    const { status, body, text } = await register<Cluster>('by-certificate', byCertificate(c2));
    expect([status, body.status?.state], text).toEqual([201, 'Ready']);
    expect((await archon.client.get('/kubernetes/by-certificate/api/v1/namespaces/kube-system')).status).toBe(200);
  });
});

it('keeps credentials out of answers, of the database and of the log', async () => {
  const created = [await register<Cluster>('first', byCertificate(c1)), await register<Cluster>('second', byToken())];
  const answers = [
    ...created,
    await archon.client.get(PATH),
    await archon.client.get(`${PATH}/first`),
    await archon.client.get(`${PATH}/second`),
  ];
  const rows = await archon.database.query<{ name: string; row: string }>('select name, c::text as row from clusters c order by name');
  expect(rows.map(({ name, row }) => [name, row.includes(name === 'first' ? c1.url : c2.url)])).toEqual([
    ['first', true],
    ['second', true],
  ]);
  const canaries = canariesOf(account.token, certificateOf(c1).key);
  for (const text of [...answers.map((answer) => answer.text), ...rows.map(({ row }) => row), archon.log])
    for (const canary of canaries) expect(text.includes(canary), canary.slice(0, 12)).toBe(false);
});

describe('a kubeconfig that would make Archon run, read or call something', () => {
  let trap: Server;
  let connections = 0;
  let folder: string;
  let pipe: string;
  let marker: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(archon.state, 'traps-'));
    [pipe, marker] = [path.join(folder, 'pipe'), path.join(folder, 'marker')];
    execFileSync('mkfifo', [pipe]);
    await writeFile(path.join(folder, 'program'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    trap = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => trap?.close());

  const program = () => path.join(folder, 'program');
  const pem = () => base64(certificateOf(c1).certificate);
  const trapUrl = (scheme: string) => {
    const address = trap.address();
    return `${scheme}://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  };

  it.each<[string, () => { user?: Fields; cluster?: Fields }]>([
    ['users[0].user.exec', () => ({ user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: program() } } })],
    ['users[0].user.auth-provider', () => ({ user: { 'auth-provider': { name: 'gcp', config: { 'cmd-path': program() } } } })],
    ['users[0].user.tokenFile', () => ({ user: { tokenFile: pipe } })],
    ['users[0].user.client-certificate', () => ({ user: { 'client-certificate': pipe, 'client-key-data': pem() } })],
    ['users[0].user.client-key', () => ({ user: { 'client-certificate-data': pem(), 'client-key': pipe } })],
    ['users[0].user.username', () => ({ user: { username: 'u' } })],
    ['users[0].user.as', () => ({ user: { as: 'system:admin' } })],
    ['clusters[0].cluster.certificate-authority', () => ({ cluster: { 'certificate-authority': pipe } })],
    ['clusters[0].cluster.proxy-url', () => ({ cluster: { 'proxy-url': trapUrl('http') } })],
    ['clusters[0].cluster.insecure-skip-tls-verify', () => ({ cluster: { 'insecure-skip-tls-verify': true } })],
    ['clusters[0].cluster.tls-server-name', () => ({ cluster: { 'tls-server-name': 'elsewhere' } })],
  ])('is refused for its %s, and nothing is run, opened or called', async (field, fault) => {
    const { user = {}, cluster = {} } = fault();
    const kubeconfig = stringify({
      clusters: [{ name: 'c', cluster: { server: trapUrl('https'), ...cluster } }],
      users: [{ name: 'u', user: { token: 'CANARY-token', ...user } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
    const answer = await register('trap', { kubeconfig });
    expect([answer.status, answer.body.reason, fieldsOf(answer)]).toEqual([422, 'Invalid', [`spec.kubeconfig.${field}`]]);
    expect(answer.text).not.toContain('CANARY');
    // A pipe that somebody reads, or waits to read, can be opened for writing; one that nobody has open can't.
    await expect(open(pipe, constants.O_WRONLY | constants.O_NONBLOCK)).rejects.toMatchObject({ code: 'ENXIO' });
    await expect(access(marker)).rejects.toMatchObject({ code: 'ENOENT' });
    expect([connections, await registered()]).toEqual([0, []]);
  });
});

describe('bad input is answered with 422 that names the field', () => {
  it.each<[string, () => object, string[]]>([
    [
      'a kubeconfig together with fields',
      () => ({ kubeconfig: 'a: b', ...byToken() }),
      ['spec.endpoint', 'spec.certificateAuthorityData', 'spec.token'],
    ],
    ['neither', () => ({}), ['spec.endpoint', 'spec.token']],
    ['an endpoint alone', () => ({ endpoint: c2.url }), ['spec.token']],
    ['a certificate without its key', () => ({ ...byCertificate(c2), clientKeyData: undefined }), ['spec.token']],
    ['a CA that is not PEM', () => ({ ...byToken(), certificateAuthorityData: base64('no PEM') }), ['spec.certificateAuthorityData']],
    [
      'a CA that only looks like PEM',
      () => ({ ...byToken(), certificateAuthorityData: base64(hollow('CERTIFICATE')) }),
      ['spec.certificateAuthorityData'],
    ],
    [
      'a client certificate that only looks like PEM',
      () => ({ ...byCertificate(c2), clientCertificateData: base64(hollow('CERTIFICATE')) }),
      ['spec.clientCertificateData'],
    ],
    [
      'a key that only looks like PEM',
      () => ({ ...byCertificate(c2), clientKeyData: base64(hollow('PRIVATE KEY')) }),
      ['spec.clientKeyData'],
    ],
    [
      'a key that belongs to another certificate',
      () => ({ ...byCertificate(c2), clientKeyData: base64(certificateOf(c1).key) }),
      ['spec.clientKeyData'],
    ],
    ['a token with a line break', () => byToken('a\r\nImpersonate-User: admin'), ['spec.token']],
    ['a token that no header carries', () => byToken('tök€n'), ['spec.token']],
    ['a kubeconfig that is not YAML', () => ({ kubeconfig: 'users: [{name: a, user: {token: CANARY' }), ['spec.kubeconfig']],
    ['a kubeconfig that is a text', () => ({ kubeconfig: 'CANARY' }), ['spec.kubeconfig']],
    ['an unknown field', () => ({ ...byToken(), proxyUrl: 'http://127.0.0.1' }), ['spec.proxyUrl']],
    ['a text where a boolean belongs', () => ({ ...byToken(), disabled: 'no' }), ['spec.disabled']],
  ])('%s', async (_, spec, fields) => {
    const answer = await register('bad', spec());
    expect([answer.status, answer.body.reason, fieldsOf(answer)], answer.text).toEqual([422, 'Invalid', fields]);
    expect(answer.text).not.toContain('CANARY');
    expect(await registered()).toEqual([]);
  });

  it.each([
    'http://127.0.0.1:6443',
    'https://user:password@127.0.0.1:6443',
    'https://user@127.0.0.1:6443',
    'https://127.0.0.1:6443?a=b',
    'https://127.0.0.1:6443/#a',
    'https://127.0.0.1:6443/../admin',
    'https://127.0.0.1:6443/a/%2e%2e/b',
    'https://127.0.0.1:6443//a',
    'https://127.0.0.1:6443/a;b',
    'https:\\\\127.0.0.1:6443',
    'file:///etc/passwd',
    'unix:///run/a.sock',
    '127.0.0.1:6443',
    'https://',
  ])('the endpoint %s, as a field and in a kubeconfig', async (url) => {
    const asField = await register('bad', { ...byToken(), endpoint: url });
    expect([asField.status, fieldsOf(asField)]).toEqual([422, ['spec.endpoint']]);
    const config = parse(await readFile(c1.kubeconfig, 'utf8')) as { clusters: { cluster: Fields }[] };
    if (config.clusters[0] !== undefined) config.clusters[0].cluster.server = url;
    const inKubeconfig = await register('bad', { kubeconfig: stringify(config) });
    expect([inKubeconfig.status, fieldsOf(inKubeconfig)]).toEqual([422, ['spec.kubeconfig: clusters[].cluster.server']]);
  });

  it.each([
    ['upper case', 'C1'],
    ['empty', ''],
    ['an underscore', 'a_b'],
    ['a dot', 'a.b'],
    ['a dash in front', '-a'],
    ['a dash at the end', 'a-'],
    ['a slash', 'a/b'],
    ['64 characters', 'a'.repeat(64)],
    ['a number', 1],
    ['absent', undefined],
    ['a line break at the end', 'a\n'],
  ])('a name: %s', async (_, name) => {
    const answer = await register(name, byToken());
    expect([answer.status, fieldsOf(answer)], answer.text).toEqual([422, ['metadata.name']]);
  });
});

describe('a cluster that cannot be registered is not stored', () => {
  it('another CA: 503 that says so', async () => {
    const { certPem } = await CertificateAuthority.create('another');
    const answer = await register('wrong-ca', { ...byToken(), certificateAuthorityData: base64(certPem) });
    expect([answer.status, answer.body.reason, answer.body.message]).toEqual([
      503,
      'ServiceUnavailable',
      expect.stringContaining('not signed by the registered CA'),
    ]);
    expect(await registered()).toEqual([]);
  });

  it('nobody listens: 503 within four seconds', async () => {
    const begin = performance.now();
    const answer = await register('dead', { ...byToken(), endpoint: 'https://127.0.0.1:1' });
    expect([answer.status, answer.body.message]).toEqual([503, expect.stringContaining('the connection was refused')]);
    expect(performance.now() - begin).toBeLessThan(4000);
    expect(await registered()).toEqual([]);
  });

  it('nothing comes back: 503 within four seconds', async () => {
    const { hostname, port } = new URL(c2.url);
    const proxy = await TcpFaultProxy.listen({ upstreamHost: hostname, upstreamPort: Number(port) });
    try {
      proxy.blackHole();
      const begin = performance.now();
      const answer = await register('silent', { ...byToken(), endpoint: `https://${proxy.host}:${proxy.port}` });
      expect([answer.status, answer.body.reason]).toEqual([503, 'ServiceUnavailable']);
      expect(performance.now() - begin).toBeLessThan(4000);
      expect([proxy.counters.accepted > 0, await registered()]).toEqual([true, []]);
    } finally {
      await proxy.close();
    }
  });

  it('a token that the cluster refuses: 403 that does not repeat it', async () => {
    const answer = await register('refused', byToken('CANARY-no-token'));
    expect([answer.status, answer.body.reason, answer.body.message]).toEqual([
      403,
      'Forbidden',
      expect.stringContaining('refuses the credential'),
    ]);
    expect(answer.text + archon.log).not.toContain('CANARY');
    expect(await registered()).toEqual([]);
  });

  it('the same cluster under a second name: 409 that names the first; and a name twice', async () => {
    expect((await register('original', byToken())).status).toBe(201);
    const copy = await register('copy', byCertificate(c2));
    expect([copy.status, copy.body.reason, copy.body.message]).toEqual([
      409,
      'AlreadyExists',
      expect.stringContaining('registered as "original"'),
    ]);
    const again = await register('original', byCertificate(c1));
    expect([again.status, again.body.reason, again.body.message]).toEqual([
      409,
      'AlreadyExists',
      expect.stringContaining('"original" exists already'),
    ]);
    expect(await registered()).toEqual(['original']);
  });

  it('of eight registrations of one cluster at once, one succeeds', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `racer-${i}`);
    const answers = await Promise.all(names.map((name) => register(name, byToken())));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    expect(await registered()).toHaveLength(1);
  });
});

describe('a caller who does not administer the platform', () => {
  it('sees clusters without their endpoints, and changes none', async () => {
    await register('seen', byToken());
    const user = await archon.as('jane@example.org');
    const [list, one] = [await user.get<{ items: Cluster[] }>(PATH), await user.get<Cluster>(`${PATH}/seen`)];
    expect([list.status, list.body.items.map((item) => item.metadata.name), one.body.status.state]).toEqual([200, ['seen'], 'Ready']);
    for (const { text } of [list, one]) expect([text.includes('endpoint'), text.includes(new URL(c2.url).host)]).toEqual([false, false]);
    const refused = [
      await user.post<Status>(PATH, { metadata: { name: 'mine' }, spec: byToken() }),
      await user.patch<Status>(`${PATH}/seen`, { spec: { disabled: true } }),
      await user.delete<Status>(`${PATH}/seen`),
      await user.delete<Status>(`${PATH}/absent`),
    ];
    for (const answer of refused) expect([answer.status, answer.body.reason]).toEqual([403, 'Forbidden']);
    expect(await registered()).toEqual(['seen']);
  });

  it('gets a kubeconfig of Archon itself, with the own token', async () => {
    await register('target', byToken());
    const token = await archon.tokenOf('jane@example.org');
    const answer = await archon.client.as(token).get('/auth/v1/clusters/target/kubeconfig');
    expect(answer.body).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'proxy-connect',
          cluster: {
            server: `${archon.client.url}/kubernetes/target`,
            'certificate-authority-data': base64(await readFile(path.join(archon.state, 'tls', 'ca.crt'), 'utf8')),
          },
        },
      ],
      users: [{ name: 'jane@example.org', user: { token } }],
      contexts: [{ name: 'proxy-connect', context: { cluster: 'proxy-connect', user: 'jane@example.org' } }],
      'current-context': 'proxy-connect',
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await archon.client.get('/auth/v1/clusters/absent/kubeconfig')).status).toBe(404);
    const kubectl = await archon.kubectl('target', token);
    expect((await kubectl.run(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).stdout).toBe('jane@example.org');
  });

  it('gives an administrator the way past Archon too, and no credential for it', async () => {
    await register('target', byToken());
    const { body, text } = await archon.client.get<Kubeconfig>('/auth/v1/clusters/target/kubeconfig');
    expect(body.contexts).toEqual([
      { name: 'proxy-connect', context: { cluster: 'proxy-connect', user: 'admin' } },
      { name: 'direct-connect', context: { cluster: 'direct-connect', user: '' } },
    ]);
    expect(body.clusters[1]).toEqual({
      name: 'direct-connect',
      cluster: { server: c2.url, 'certificate-authority-data': base64(await readFile(c2.caFile, 'utf8')) },
    });
    expect(body.users).toEqual([{ name: 'admin', user: { token: archon.token } }]);
    expect(text).not.toContain(account.token);
    const kubectl = await archon.kubectl('target');
    const whoAmI = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
    expect((await kubectl.run(whoAmI)).stdout).toBe('admin');
    const directly = ['--context', 'direct-connect', ...whoAmI];
    const refused = await kubectl.run(directly);
    expect([refused.code, refused.stdout]).toEqual([1, 'Please enter Username: ']);
    const own = await kubectl.run(['--token', account.token, ...directly]);
    expect(own.stdout).toBe(`system:serviceaccount:default:${account.name}`);
  });
});

/** Text with the marks of PEM around bytes that mean nothing. */
const hollow = (label: string) => `-----BEGIN ${label}-----\n${base64('nothing of that kind')}\n-----END ${label}-----\n`;

function clientCertificateOf(kubeconfig: string): string {
  const { users } = parse(kubeconfig) as { users: { user: Record<string, string> }[] };
  return users[0]?.user['client-certificate-data'] ?? '';
}
