import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { rawRequest, rawUpgrade, statusOf } from '../support/raw-request.js';
import { recorded, startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';

const USER = 'jane@example.org';
const CANARY = 'CANARY-5ecre7';
const ALLOWED = 'https://console.example.org';
const PODS = '/api/v1/namespaces/default/pods';
const EXEC = `/kubernetes/rec${PODS}/web/exec?command=sh&stdin=true&stdout=true`;
const BEARER = 'base64url.bearer.authorization.k8s.io.';

let archon: Archon;
let cluster: RecordingApiServer;
let token: string;

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_ALLOWED_ORIGINS: ALLOWED } });
  cluster = await startRecordedCluster(archon, 'rec');
  cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
  cluster.local.accessReview = ({ resourceAttributes }) => resourceAttributes?.verb !== 'impersonate' || resourceAttributes.name === 'joe';
  token = await archon.tokenOf(USER);
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

const visit = (text: string) => recorded(cluster, () => archon.client.raw(text, { until: /\r\n\r\n[^]*/ }));
const get = (headers: string[], path = PODS) => rawRequest(`/kubernetes/rec${path}`, { token, headers });
const shell = (headers: string[]) => rawUpgrade(EXEC, { token, headers });

describe.each([
  ['T1 CVE-2021-36776', ['Impersonate-User: admin']],
  ['T1 CVE-2026-17107', ['Impersonate-User: joe', 'Impersonate-Group: system:masters']],
  ['T1 GHSA-r5c2-7hp9-v678', ['Impersonate-User: admin', 'Impersonate-Group: dev']],
  ['T1 CVE-2026-44945', ['Impersonate-User: joe', 'Impersonate-Extra-Scopes: all']],
])('%s', (_case, headers) => {
  it.each([
    ['a request', get],
    ['an upgrade', shell],
  ] as const)('%s in a name that the caller may not impersonate is refused and reaches no cluster', async (_what, toText) => {
    const { result, requests } = await visit(toText(headers));
    expect([statusOf(result), requests]).toEqual([403, []]);
    expect(result.text).toMatch(/may not impersonate|cannot be impersonated/);
  });
});

it('T1: who may impersonate by the RBAC of the cluster is taken for the other one alone', async () => {
  const { result, requests } = await visit(get(['Impersonate-User: joe']));
  expect([statusOf(result), requests.map((request) => [request.header('impersonate-user'), request.header('impersonate-group')])]).toEqual([
    200,
    [[['joe'], []]],
  ]);
});

describe.each([
  ['a request', get, 200],
  ['an upgrade', shell, 101],
] as const)('%s', (_what, toText, accepted) => {
  it.each([
    ['T2 CVE-2021-31999', ['Connection: Impersonate-User, Impersonate-Group, Authorization']],
    ['T4 CVE-2026-61682', ['X-Remote-User: root', 'X-Remote-Group: system:masters', 'X-Remote-Extra-Scopes: all']],
    ['T5 CVE-2025-54468', [`Cookie: ${CANARY}`, `Proxy-Authorization: ${CANARY}`, `X-Api-Token: ${CANARY}`]],
    ['T11 Teleport 17.7.26', ['X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example']],
  ])('%s: the cluster sees the caller, Archon, and nothing of this', async (_case, headers) => {
    const { result, requests } = await visit(toText(headers));
    expect([statusOf(result), requests.length]).toEqual([accepted, 1]);
    const [request] = requests;
    const identity = ['impersonate-user', 'impersonate-group', 'authorization', 'host'].map((name) => request?.header(name));
    expect(identity).toEqual([[USER], [], [`Bearer ${cluster.token}`], [new URL(cluster.url).host]]);
    const sent = request?.rawHeaders.join(' ') ?? '';
    expect(sent).not.toMatch(/CANARY|x-remote|evil\.example/i);
    expect(sent).not.toContain(token);
  });

  it.each([
    ['two Host headers', ['Host: evil.example']],
    ['a method override', ['X-HTTP-Method-Override: DELETE']],
    ['another spelling of it', ['x-method-override: DELETE']],
  ])('T11 GHSA-64mm-vxmg-q3vj: with %s is refused', async (_case, headers) => {
    const { result, requests } = await visit(toText(headers));
    expect([statusOf(result), requests]).toEqual([400, []]);
  });
});

describe.each([
  ['T10 CVE-2025-69211', '/api/v1/%2e%2e/%2e%2e/pods'],
  ['T10 CVE-2026-2293', '//api/v1/namespaces'],
  ['T10 CVE-2026-33804', '/api//v1/namespaces'],
  ['T10 CVE-2026-112712', '/api/v1;/namespaces'],
  ['T10 CVE-2022-3162', '/apis/example.org/v1/namespaces/default/a/..%2f..%2f..%2fb'],
])('%s', (_case, path) => {
  it('is refused by request and by upgrade', async () => {
    for (const text of [get([], path), rawUpgrade(`/kubernetes/rec${path}`, { token })]) {
      const { result, requests } = await visit(text);
      expect([statusOf(result), requests]).toEqual([400, []]);
    }
  });
});

describe.each([
  ['T16 Teleport 17.7.26', '/api/v1/namespaces/default/services/web/proxy/'],
  ['T16 CVE-2020-8562', `${PODS}/web:80/proxy/metadata`],
  ['T16 kubernetes PR 136550', '/api/v1/nodes/n1/proxy/exec/default/web/web?command=id'],
  ['T16 kubernetes PR 136550, encoded', '/api/v1/nodes/n1/pr%6fxy/run/default/web/web'],
])('%s', (_case, path) => {
  it('is not open to somebody who is no administrator, by GET, POST or upgrade', async () => {
    const target = `/kubernetes/rec${path}`;
    for (const text of [rawRequest(target, { token }), rawRequest(target, { token, method: 'POST' }), rawUpgrade(target, { token })]) {
      const { result, requests } = await visit(text);
      expect([statusOf(result), requests]).toEqual([403, []]);
    }
  });

  it('shows an administrator what it serves in a sandbox', async () => {
    const hook = cluster.on(({ url }) => url === path, {
      action: 'answer',
      status: 200,
      body: '<script>',
      headers: { 'Content-Type': 'text/html' },
    });
    const answer = await archon.client.get(`/kubernetes/rec${path}`);
    hook.remove();
    expect([answer.status, answer.headers['content-security-policy'], answer.headers['x-content-type-options']]).toEqual([
      200,
      'sandbox',
      'nosniff',
    ]);
  });
});

it('T17 CVE-2018-1002105: after a refused upgrade the connection carries nothing more', async () => {
  cluster.on({ path: /\/exec$/ }, { action: 'answer', status: 403, body: 'no' }, { times: 1 });
  const connection = await archon.client.openRaw();
  const { requests } = await recorded(cluster, async () => {
    connection.write(rawUpgrade(EXEC, { token }));
    await connection.receives(/403 /);
    connection.write(rawRequest('/api/v1/secrets', { headers: ['X-Remote-User: root', 'X-Remote-Group: system:masters'] }));
    await connection.receives();
  });
  expect([requests.length, connection.text.match(/HTTP\/1\.1/g)?.length]).toEqual([1, 1]);
});

describe('T19', () => {
  it.each(['GHSA-v8j7-hp7c-738f', 'GHSA-gpjj-rqgr-4pqp', 'CVE-2026-44211', 'Argo CD terminal', 'Headlamp multiplexer'])(
    '%s: pages of other origins cannot open a terminal',
    async () => {
      const own = new URL(archon.client.url).origin;
      const origins = [
        'https://evil.example',
        'null',
        `${ALLOWED}.evil.example`,
        'http://console.example.org',
        `${ALLOWED}.`,
        ALLOWED.toUpperCase(),
        `${ALLOWED}:443`,
        own.replace('https', 'http'),
      ];
      for (const origin of origins) {
        const { result, requests } = await visit(shell([`Origin: ${origin}`]));
        expect([statusOf(result), requests], origin).toEqual([403, []]);
      }
      for (const origin of [ALLOWED, own]) expect(statusOf((await visit(shell([`Origin: ${origin}`]))).result), origin).toBe(101);
    },
  );
});

it.each(['token', 'access_token', 'authorization', 'bearer'])('T21 CVE-2026-44883: ?%s= is no credential', async (name) => {
  for (const text of [rawRequest(`/kubernetes/rec${PODS}?${name}=${token}`), rawUpgrade(`${EXEC}&${name}=${token}`)]) {
    const { result, requests } = await visit(text);
    expect([statusOf(result), requests]).toEqual([401, []]);
  }
  expect(archon.log).not.toContain(token);
});

describe('T22 Kubernetes PR 47740', () => {
  const encoded = () => Buffer.from(token).toString('base64url');
  const browser = (protocols: string) =>
    rawUpgrade(EXEC, { headers: [`Origin: ${ALLOWED}`, `Sec-WebSocket-Protocol: ${protocols}`] }).replace(
      'Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n',
      '',
    );

  it('a token as sub-protocol opens a terminal; it is neither selected, forwarded nor logged', async () => {
    const { result, requests } = await visit(browser(`v5.channel.k8s.io, ${BEARER}${encoded()}`));
    expect([statusOf(result), requests.length]).toEqual([101, 1]);
    expect(/\r\nsec-websocket-protocol: (.*)\r\n/i.exec(result.text)?.[1]).toBe('v5.channel.k8s.io');
    expect([requests[0]?.header('sec-websocket-protocol'), requests[0]?.header('impersonate-user')]).toEqual([
      ['v5.channel.k8s.io'],
      [USER],
    ]);
    for (const secret of [token, encoded()])
      expect(`${archon.log}${result.text}${requests[0]?.rawHeaders.join(' ')}`).not.toContain(secret);
  });

  it.each([
    ['padded', () => `v5.channel.k8s.io, ${BEARER}${Buffer.from(`${token}x`).toString('base64url')}==`],
    ['empty', () => `v5.channel.k8s.io, ${BEARER}`],
    ['twice', () => `v5.channel.k8s.io, ${BEARER}${encoded()}, ${BEARER}${encoded()}`],
    ['of 9 KiB', () => `v5.channel.k8s.io, ${BEARER}${'A'.repeat(12_288)}`],
    ['alone', () => `${BEARER}${encoded()}`],
    ['in capitals', () => `v5.channel.k8s.io, ${BEARER.toUpperCase()}${encoded()}`],
    ['with line ends inside', () => `v5.channel.k8s.io, ${BEARER}${Buffer.from(`${token}\r\nx`).toString('base64url')}`],
  ])('%s it is refused', async (_how, protocols) => {
    const { result, requests } = await visit(browser(protocols()));
    expect([statusOf(result), requests]).toEqual([400, []]);
  });

  it('besides another credential it is refused', async () => {
    expect(statusOf((await visit(shell([`Sec-WebSocket-Protocol: ${BEARER}${encoded()}`]))).result)).toBe(400);
  });
});

it.each(['CVE-2025-62714', 'kubestellar console#7481'])('T25 %s: an upgrade without a credential is ended within a second', async () => {
  for (const target of [EXEC, '/acp/v1/clusters', '/auth/v1/users', '/metrics', '/x/y']) {
    const begin = performance.now();
    const answer = await archon.client.raw(rawUpgrade(target), { timeoutMs: 3000 });
    expect([answer.closed, [401, 404].includes(statusOf(answer))], target).toEqual([true, true]);
    expect(performance.now() - begin, target).toBeLessThan(1000);
  }
});

it('S-8: of all origins and sub-protocols exactly the right ones are accepted', async () => {
  const host = new URL(ALLOWED).host;
  const own = new URL(archon.client.url).origin;
  const origins = [
    undefined,
    ALLOWED,
    own,
    'null',
    '',
    'https://evil.example',
    `https://${host}.evil.example`,
    `https://evil.example/${ALLOWED}`,
  ]
    .concat([
      `http://${host}`,
      `${ALLOWED}.`,
      `${ALLOWED}/`,
      `${ALLOWED}:443`,
      `${ALLOWED}:8443`,
      `HTTPS://${host}`,
      `https://${host.toUpperCase()}`,
    ])
    .concat([`https://x@${host}`, `${ALLOWED}, ${ALLOWED}`, `https://sub.${host}`, own.replace('https:', 'http:'), 'file://']);
  const encoded = Buffer.from(token).toString('base64url');
  const credentials: [boolean, boolean, string[]][] = [
    // Whether it holds, whether it is sent in the header, the lines.
    [true, true, [`Authorization: Bearer ${token}`, 'Sec-WebSocket-Protocol: v5.channel.k8s.io']],
    [true, false, [`Sec-WebSocket-Protocol: v5.channel.k8s.io, ${BEARER}${encoded}`]],
    [true, false, [`Sec-WebSocket-Protocol: ${BEARER}${encoded}`, 'Sec-WebSocket-Protocol: v5.channel.k8s.io']],
    [false, false, [`Sec-WebSocket-Protocol: ${BEARER}${encoded}`]],
    [false, false, [`Sec-WebSocket-Protocol: v5.channel.k8s.io, ${BEARER}${encoded}=`]],
    [false, false, [`Sec-WebSocket-Protocol: v5.channel.k8s.io, ${BEARER}${encoded}, ${BEARER}${encoded}`]],
    [false, false, [`Sec-WebSocket-Protocol: v5.channel.k8s.io, ${BEARER}`]],
    [false, false, ['Sec-WebSocket-Protocol: v5.channel.k8s.io']],
    [false, true, ['Authorization: Bearer wrong', 'Sec-WebSocket-Protocol: v5.channel.k8s.io']],
    [false, true, [`Authorization: Bearer ${token}`, `Sec-WebSocket-Protocol: v5.channel.k8s.io, ${BEARER}${encoded}`]],
  ];
  const wrong: object[] = [];
  let tried = 0;
  for (const origin of origins) {
    for (const [holds, inHeader, lines] of credentials) {
      tried++;
      const bare = rawUpgrade(EXEC).replace('Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n', '');
      const text = bare.replace(
        /\r\n\r\n$/,
        `\r\n${[...lines, ...(origin === undefined ? [] : [`Origin: ${origin}`])].join('\r\n')}\r\n\r\n`,
      );
      const expected = holds && (origin === undefined ? inHeader : origin === ALLOWED || origin === own);
      const status = statusOf((await visit(text)).result);
      if ((status === 101) !== expected) wrong.push({ origin, lines, status });
    }
  }
  expect(wrong).toEqual([]);
  expect(tried).toBe(200);
  accept({ row: 'S-8', what: 'origins × sub-protocols', volume: `${tried} combinations`, result: '0 wrong accepts, 0 wrong refusals' });
});
