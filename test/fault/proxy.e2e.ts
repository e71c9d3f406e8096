import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '#pki';
import { Archon } from '../support/archon.js';
import type { ArchonClient } from '../support/http-client.js';
import { rawRequest, rawUpgrade, statusOf } from '../support/raw-request.js';
import { recorded, startRecordedCluster } from '../support/recorded-cluster.js';
import { RecordingApiServer } from '../support/recording-api-server.js';
import type { RecordedRequest } from '../support/recording-api-server-record.js';
import { eventually } from '../support/wait-for.js';

const USER = 'jane@example.org';
const CANARY = 'CANARY-5ecre7';
const PODS = '/api/v1/namespaces/default/pods';
const EXEC = `${PODS}/web/exec?command=sh&stdin=true&stdout=true`;

let archon: Archon;
let cluster: RecordingApiServer;
let token: string;
let user: ArchonClient;

beforeAll(async () => {
  archon = await Archon.start();
  cluster = await startRecordedCluster(archon, 'rec');
  cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
  token = await archon.tokenOf(USER);
  user = archon.client.as(token);
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

/** The status of the first answer to raw text on a connection of its own. */
const send = async (text: string) => statusOf(await user.raw(text, { until: /\r\n\r\n/ }));

/** All that a request says about who sends it. */
function identityOf(request: RecordedRequest | undefined): Record<string, string[]> {
  const names = (request?.rawHeaders ?? []).filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return Object.fromEntries(
    names.filter((name) => /authorization|impersonate|^x-remote|cookie/.test(name)).map((name) => [name, request?.header(name) ?? []]),
  );
}

describe.each([
  ['a request', (...headers: string[]) => rawRequest(`/kubernetes/rec${PODS}`, { token, headers }), 200],
  ['an upgrade', (...headers: string[]) => rawUpgrade(`/kubernetes/rec${EXEC}`, { token, headers }), 101],
] as const)('the caller of %s', (_what, toText, accepted) => {
  /** The one request that came of it, with Archon's credential and the caller's identity and no other. */
  async function passes(...headers: string[]): Promise<RecordedRequest | undefined> {
    const { result, requests } = await recorded(cluster, () => send(toText(...headers)));
    expect([result, requests.length]).toEqual([accepted, 1]);
    expect(identityOf(requests[0])).toEqual({ authorization: [`Bearer ${cluster.token}`], 'impersonate-user': [USER] });
    return requests[0];
  }

  it.each([
    ['IMPERSONATE-GROUP: system:masters'],
    ['iMpErSoNaTe-uId: 1'],
    ['Impersonate-Extra-Scopes: all'],
    ['Impersonate-Extra-%73copes: all'],
    ['Impersonate_Group: system:masters'],
    ['Impersonate-User:'],
    ['Impersonate-User: admin', 'Impersonate-User: admin'],
    [`Impersonate-User: ${USER}`, 'Impersonate-User: admin'],
  ])('cannot say in an unusual way who it is: %s', async (...headers) => {
    const { result, requests } = await recorded(cluster, () => user.raw(toText(...headers), { until: /\r\n\r\n[^]/ }));
    expect([statusOf(result), requests]).toEqual([400, []]);
    expect(result.text).toMatch(/"message":"the header \\"impersonate[-_%\w]+\\" is not accepted/);
  });

  it('cannot take its identity off with the Connection header', async () => {
    const request = await passes('Connection: Impersonate-User, Impersonate-Group, Authorization');
    expect(request?.header('connection').join()).not.toMatch(/impersonate|authorization/i);
  });

  it('is not who a front proxy would say', async () => {
    await passes('X-Remote-User: root', 'X-Remote-Group: system:masters', 'X-Remote-Uid: 0', 'X-Remote-Extra-Scopes: all');
  });

  it('keeps its secrets: none of them reaches the cluster', async () => {
    const names = ['Cookie', 'Proxy-Authorization', 'X-Api-Key', 'X-Auth-Token', 'X-Forwarded-Access-Token', 'Forwarded', 'X-Original-URL'];
    const request = await passes(...names.map((name) => `${name}: ${CANARY}`));
    const sent = `${request?.url} ${request?.rawHeaders.join(' ')}`;
    expect([CANARY, token].filter((secret) => sent.includes(secret))).toEqual([]);
  });
});

it('without a token that holds, no cluster hears of a request', async () => {
  const targets = [`/kubernetes/rec${PODS}`, `/kubernetes/rec${PODS}?token=${token}&access_token=${token}`, '/kubernetes/unknown/api'];
  const credentials = [{}, { token: 'not-a-token' }, { token: `${token}x` }];
  const texts = targets.flatMap((target) => credentials.map((credential) => rawRequest(target, credential)));
  const { result, requests } = await recorded(cluster, () => Promise.all(texts.map(send)));
  expect([result, requests]).toEqual([Array(9).fill(401), []]);
});

describe("a cluster's answer", () => {
  let elsewhere: RecordingApiServer;
  beforeAll(async () => {
    elsewhere = await RecordingApiServer.start();
  });
  afterAll(() => elsewhere?.close());

  it.each([301, 302, 303, 307, 308])('%i is not followed, and does not lead out of the cluster', async (status) => {
    const { host } = new URL(elsewhere.url);
    for (const [location, expected] of [
      [`${elsewhere.url}/api`, undefined],
      [`//${host}/api`, undefined],
      [`/\\${host}/api`, undefined],
      ['javascript:alert(1)', undefined],
      [`${PODS}/web?x=1`, `/kubernetes/rec${PODS}/web?x=1`],
    ] as const) {
      cluster.on({ path: '/redirect' }, { action: 'redirect', status, location }, { times: 1 });
      const { result, requests } = await recorded(cluster, () => user.get('/kubernetes/rec/redirect'));
      expect([result.status, result.headers.location, requests.length], location).toEqual([status, expected, 1]);
    }
    expect([elsewhere.requests, elsewhere.connections.accepted]).toEqual([[], 0]);
  });

  it("sets no cookies and no rules for Archon's origin, and runs no script on it", async () => {
    const body = '<script>alert(document.domain)</script>';
    const headers = {
      'Content-Type': 'text/html',
      'Set-Cookie': 'session=stolen',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Credentials': 'true',
      'Strict-Transport-Security': 'max-age=0',
      'Content-Security-Policy': "default-src 'unsafe-inline'",
      'X-Content-Type-Options': 'sniff',
    };
    cluster.on({ path: '/page' }, { action: 'answer', status: 200, body, headers }, { times: 1 });
    const answer = await user.get('/kubernetes/rec/page');
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, body, 'text/html']);
    expect([answer.headers['content-security-policy'], answer.headers['x-content-type-options']]).toEqual(['sandbox', 'nosniff']);
    const names = Object.keys(answer.headers);
    expect(names.filter((name) => /^(set-cookie|access-control-|strict-transport)/.test(name))).toEqual([]);
  });
});

describe('two clusters that know Archon by client certificates, each of an authority of its own', () => {
  const NAMES = ['left', 'right'] as const;
  const clusters: Record<string, RecordingApiServer> = {};
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  beforeAll(async () => {
    for (const name of NAMES) {
      const server = await RecordingApiServer.start({ clientCertificates: 'required' });
      clusters[name] = server;
      const { certPem, keyPem } = await server.authority.issue({ commonName: `archon-at-${name}`, usages: ['client'] });
      const certificates = {
        certificateAuthorityData: base64(server.caPem),
        clientCertificateData: base64(certPem),
        clientKeyData: base64(keyPem),
      };
      const answer = await archon.client.post('/acp/v1/clusters', { metadata: { name }, spec: { endpoint: server.url, ...certificates } });
      expect(answer.status, answer.text).toBe(201);
    }
  });
  afterAll(() => Promise.all(Object.values(clusters).map((server) => server.close())));

  it("see neither each other's callers nor each other's certificates in 500 interleaved calls", async () => {
    const callers = await Promise.all(['ann', 'bob', 'cy', 'dee', 'eve'].map(async (name) => ({ name, client: await archon.as(name) })));
    const calls = Array.from({ length: 500 }, (_, index) => ({ caller: callers[index % 5], place: NAMES[index % 2] ?? 'left', index }));
    const begin = NAMES.map((name) => clusters[name]?.requests.length);
    // 25 at a time: connections are shared, and taken up again by others.
    await Promise.all(
      Array.from({ length: 25 }, async (_, lane) => {
        for (const { caller, place, index } of calls.filter((call) => call.index % 25 === lane)) {
          const answer = await caller?.client.get(`/kubernetes/${place}${PODS}?expect=${caller.name}.${place}.${index}`);
          expect(answer?.status).toBe(200);
        }
      }),
    );
    const seen = NAMES.flatMap((name, place) => (clusters[name]?.requests.slice(begin[place]) ?? []).map((request) => ({ name, request })));
    const asked = seen.map(({ request }) => request.query.get('expect'));
    expect(
      seen.map(({ name, request }, index) => `${request.header('impersonate-user').join()}.${name}.${asked[index]?.split('.')[2]}`),
    ).toEqual(asked);
    expect(new Set(asked).size).toBe(500);
    for (const { name, request } of seen) {
      expect([request.tls.clientCommonName, request.header('authorization')]).toEqual([`archon-at-${name}`, []]);
    }
  });

  it('are not spoken to while they show a certificate of another authority', async () => {
    const left = clusters.left as RecordingApiServer;
    const own = await left.authority.issue({ commonName: 'kube-apiserver', sans: ['127.0.0.1'], usages: ['server'] });
    const stranger = await CertificateAuthority.create('stranger');
    left.useCertificate(await stranger.issue({ commonName: 'kube-apiserver', sans: ['127.0.0.1'], usages: ['server'] }));
    left.connections.resetAll();
    const calls = () => Promise.all([user.get(`/kubernetes/left${PODS}`), user.raw(rawUpgrade(`/kubernetes/left${EXEC}`, { token }))]);
    const { result, requests } = await recorded(left, calls);
    expect([result[0].status, statusOf(result[1]), requests]).toEqual([503, 503, []]);
    expect(result[0].text).toContain('its certificate is not signed by the registered CA');
    left.useCertificate(own);
    await eventually(async () => (await user.get(`/kubernetes/left${PODS}`)).status === 200, { what: 'the cluster', timeoutMs: 15_000 });
  });
});
