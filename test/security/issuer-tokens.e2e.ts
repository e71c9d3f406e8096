import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { exportJWK, exportSPKI, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '#pki';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { FakeIssuer } from '../support/fake-issuer.js';
import { recorded, startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

const PODS = '/kubernetes/rec/api/v1/namespaces/default/pods';
const PROVIDERS = '/acp/v1/identityproviders';

let archon: Archon;
let cluster: RecordingApiServer;
let authority: CertificateAuthority;
let issuer: FakeIssuer;

const caData = () => Buffer.from(authority.certPem).toString('base64');

/** Registers an issuer; the name of the user is the claim `email`, as far as it is verified. */
async function register(name: string, of: FakeIssuer, spec: object = {}) {
  const body = {
    metadata: { name },
    spec: {
      issuer: of.url,
      clientId: 'archon',
      certificateAuthorityData: caData(),
      claims: { username: 'sub', groups: 'groups' },
      ...spec,
    },
  };
  const answer = await archon.client.post<{ message?: string }>(PROVIDERS, body);
  return answer;
}

beforeAll(async () => {
  archon = await Archon.start({
    settings: { ARCHON_ISSUER_ALLOWED_NETWORKS: '127.0.0.1' },
  });
  cluster = await startRecordedCluster(archon, 'rec');
  authority = await CertificateAuthority.create('test');
  issuer = await FakeIssuer.start(authority);
  expect((await register('corp', issuer)).status).toBe(201);
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
  await issuer?.close();
});

/** The status of a request to a cluster with this token, and the requests that reached the cluster. */
async function send(token: string) {
  const { result, requests } = await recorded(cluster, () => archon.client.as(token).get(PODS));
  return { status: result.status, requests };
}
const good = { sub: 'jane', aud: 'archon', groups: ['dev'] };

describe('a token of a registered issuer', () => {
  it('is its user, with the prefix of the issuer before name and groups', async () => {
    const { status, requests } = await send(await issuer.sign(good));
    expect([status, requests[0]?.header('impersonate-user'), requests[0]?.header('impersonate-group')]).toEqual([
      200,
      ['corp:jane'],
      ['corp:dev'],
    ]);
  });

  it('is refused with 401 from the moment on that an administrator disables the provider', async () => {
    const token = await issuer.sign({ ...good, sub: 'joe' });
    expect((await send(token)).status).toBe(200);
    await archon.client.patch(`${PROVIDERS}/corp`, { spec: { disabled: true } });
    await eventually(async () => (await send(token)).status === 401, { what: 'the token to be refused' });
    expect((await archon.client.patch(`${PROVIDERS}/corp`, { spec: { disabled: false } })).status).toBe(200);
    expect((await send(token)).status).toBe(200);
  });
});

describe('claims', () => {
  it('T3 CVE-2026-23990: without a plain name or groups are refused, and no request reaches the cluster', async () => {
    const odd: unknown[] = [
      '',
      ' ',
      '\u200b',
      'jane\u200b',
      ' jane',
      'jane\n',
      null,
      ['jane'],
      { name: 'jane' },
      7,
      true,
      'jané',
      'x'.repeat(600),
    ];
    const tokens = [
      ...odd.map((sub) => ({ ...good, sub: sub as string })),
      { ...good, sub: undefined },
      ...odd.slice(0, 5).map((group) => ({ ...good, groups: [group] })),
      { ...good, groups: null },
      { ...good, groups: [['dev']] },
      { ...good, groups: { dev: true } },
    ];
    for (const claims of tokens) {
      const { status, requests } = await send(await issuer.sign(claims));
      expect([status, requests.length], JSON.stringify(claims)).toEqual([401, 0]);
    }
    accept({ row: 'T3', what: 'odd user and group claims', volume: `${tokens.length} tokens`, result: '0 requests at the cluster' });
  });

  it('T7 CVE-2026-41053: reserved groups of an issuer without a prefix keep its user out, and with one they are other groups', async () => {
    const { requests } = await send(await issuer.sign({ ...good, sub: 'eve', groups: ['system:masters', 'acp:platform:administrator'] }));
    expect(requests[0]?.header('impersonate-group')).toEqual(['corp:system:masters', 'corp:acp:platform:administrator']);
    const other = await FakeIssuer.start(authority);
    try {
      const refused = await register('bare', other, { groupsPrefix: '', usernamePrefix: '' });
      expect([refused.status, refused.body.message]).toEqual([422, expect.stringContaining('spec.groupsPrefix')]);
      await archon.client.patch(`${PROVIDERS}/corp`, { spec: { groupsPrefix: 'corp:' } });
      const { groups: _, ...claims } = { username: 'sub', groups: null };
      expect((await register('bare', other, { usernamePrefix: '', claims })).status).toBe(201);
      for (const sub of [
        'system:masters',
        'system:node:a',
        'system:serviceaccount:a:b',
        'acp:x',
        'ci:rule',
        'serviceaccount:c:n:a',
        'admin',
      ])
        expect((await send(await other.sign({ aud: 'archon', sub }))).status, sub).toBe(401);
      expect((await send(await other.sign({ aud: 'archon', sub: 'corp:jane' }))).status, 'the user of another issuer').toBe(401);
    } finally {
      await archon.client.delete(`${PROVIDERS}/bare`);
      await other.close();
    }
  });

  it('T7 CVE-2025-23389: a second subject with the name of another does not become them, and an email binds nobody', async () => {
    const other = await FakeIssuer.start(authority);
    try {
      const claims = { username: 'email', email: 'email' };
      expect((await register('mail', other, { usernamePrefix: '', claims })).status).toBe(201);
      const jane = { aud: 'archon', email: 'jane@example.org', email_verified: true };
      expect((await send(await other.sign({ ...jane, sub: '1' }))).status).toBe(200);
      expect((await send(await other.sign({ ...jane, sub: '2' }))).status).toBe(401);
      expect((await send(await other.sign({ ...jane, sub: '3', email: 'joe@example.org', email_verified: false }))).status).toBe(401);
      const renamed = await send(await other.sign({ ...jane, sub: '1', email: 'other@example.org' }));
      expect(renamed.requests[0]?.header('impersonate-user')).toEqual(['jane@example.org']);
    } finally {
      await archon.client.delete(`${PROVIDERS}/mail`);
      await other.close();
    }
  });
});

describe('audience and issuer', () => {
  it.each([
    ['another client of the same issuer', { aud: 'other' }],
    ['no audience', { aud: undefined }],
    ['several audiences and no azp', { aud: ['archon', 'other'] }],
    ['several audiences and the azp of another', { aud: ['other', 'archon'], azp: 'other' }],
    ['the azp of another', { aud: 'archon', azp: 'other' }],
    ['an audience that only begins alike', { aud: 'archon2' }],
    ['an expired token', { exp: Math.floor(Date.now() / 1000) - 61 }],
    ['a token without an end', { exp: undefined }],
    ['a token that begins later', { nbf: Math.floor(Date.now() / 1000) + 120 }],
    ['a token of the future', { iat: Math.floor(Date.now() / 1000) + 600 }],
    ['a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
  ])('T27 CVE-2023-22482: %s is refused', async (_, claims) => {
    const { status, requests } = await send(await issuer.sign({ ...good, ...claims }));
    expect([status, requests.length]).toEqual([401, 0]);
  });

  it('T27 CVE-2023-22482: several audiences with our azp, and clocks that differ by less than a minute, are accepted', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await send(await issuer.sign({ ...good, aud: ['archon', 'other'], azp: 'archon' }))).status).toBe(200);
    expect((await send(await issuer.sign({ ...good, iat: now - 80, exp: now - 20 }))).status).toBe(200);
  });

  it.each(['http', 'slash', 'case', 'unknown'])(
    'T7 CVE-2024-5037: an issuer that is not exactly the registered one (%s) is refused',
    async (kind) => {
      const { url } = issuer;
      const iss = {
        http: url.replace('https', 'http'),
        slash: `${url}/`,
        case: url.replace('https', 'HTTPS'),
        unknown: 'https://issuer.example.org',
      }[kind];
      expect((await send(await issuer.sign({ ...good, iss }))).status).toBe(401);
    },
  );

  it('T27 CVE-2024-5037: a discovery document of another issuer is refused at registration', async () => {
    const liar = await FakeIssuer.start(authority);
    try {
      liar.answers.set('/.well-known/openid-configuration', { body: { ...liar.metadata, issuer: 'https://login.example.org' } });
      const { status, body } = await register('liar', liar);
      expect([status, body.message]).toEqual([422, expect.stringContaining('not of')]);
    } finally {
      await liar.close();
    }
  });
});

describe('forged tokens', () => {
  it('T28 CVE-2025-24976, CVE-2022-29165: nothing in a token chooses a key or an algorithm', async () => {
    const key = issuer.keys[0];
    if (key === undefined) throw new Error('no key');
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'RS256' };
    const spki = await exportSPKI((await importJWK(key.jwk, 'RS256')) as CryptoKey);
    const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const payload = { ...good, iss: issuer.url, iat: now, exp: now + 60 };
    const valid = await issuer.sign(good);
    const [header = '', body = '', signature = ''] = valid.split('.');
    const forge = (extra: object) => {
      const text = `${encode({ alg: 'RS256', kid: 'k1', ...extra })}.${encode(payload)}`;
      return `${text}.${sign('sha256', Buffer.from(text), own.privateKey).toString('base64url')}`;
    };
    const hmac = (secret: string | Buffer, alg = 'HS256') => {
      const text = `${encode({ alg, kid: 'k1' })}.${encode(payload)}`;
      return `${text}.${createHmac(`sha${alg.slice(2)}`, secret)
        .update(text)
        .digest('base64url')}`;
    };
    const der = createPublicKey(spki).export({ type: 'spki', format: 'der' });
    const evil = `${issuer.url}/evil`;
    const tokens = [
      ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) =>
        ['', signature, 'AA'].map((end) => `${encode({ alg, kid: 'k1' })}.${encode(payload)}.${end}`),
      ),
      ...[spki, spki.trim(), der, '', 'k1'].flatMap((secret) => ['HS256', 'HS384', 'HS512'].map((alg) => hmac(secret, alg))),
      ...[
        { jwk },
        { jku: evil },
        { x5u: evil },
        { x5c: [spki.replaceAll(/-----.*?-----|\n/g, '')] },
        { jwk, kid: undefined },
        ...['', '../k1', '../../dev/null', 'k1\u0000', "k1' or '1'='1", '/etc/passwd', 'k2'].map((kid) => ({ kid })),
        { crit: ['jwk'], jwk },
        { typ: 'logout+jwt' },
        { b64: false },
        { kid: 7 },
        { kid: ['k1'] },
      ].map((extra) => forge(extra)),
      forge({ alg: 'PS256' }),
      await issuer.sign(good, {}, { ...key, alg: 'RS256', privateKey: own.privateKey as unknown as CryptoKey }),
      `${header}.${body}.`,
      `${header}.${body}`,
      `${header}.${body}.${signature.slice(0, -4)}AAAA`,
      `${header}.${encode({ ...payload, sub: 'admin' })}.${signature}`,
      `${encode('{"alg":"RS256","alg":"none","kid":"k1"}')}.${body}.${signature}`,
      `${header}.${encode(`{"iss":"${issuer.url}","sub":"jane","sub":"admin","aud":"archon","exp":${now + 60},"iat":${now}}`)}.${signature}`,
      `${valid}.${signature}`,
      `.${valid}`,
      `${header}..${signature}`,
      await issuer.sign({ ...good }, { typ: 'logout+jwt' }),
      `${encode({ alg: 'PS256', kid: 'k1' })}.${body}.${signature}`,
      `${encode({ alg: 'ES256', kid: 'k1' })}.${body}.${signature}`,
      `${encode({ alg: 'dir', enc: 'A128GCM' })}..${encode('iv')}.${body}.${signature}`,
    ];
    expect(tokens.length).toBeGreaterThanOrEqual(60);
    issuer.requests.length = 0;
    for (const [index, token] of tokens.entries()) {
      const { status, requests } = await send(token);
      expect([status, requests.length], `token ${index}: ${token.slice(0, 120)}`).toEqual([401, 0]);
    }
    expect(issuer.requests.filter(({ path }) => path === '/evil')).toEqual([]);
    expect((await send(valid)).status).toBe(200);
    accept({ row: 'T28', what: 'forged tokens of an issuer', volume: `${tokens.length} tokens`, result: '0 accepted' });
  });
});

it('F-20: a new key of the issuer counts within 10 s, and a token of a key that was taken away not any more', async () => {
  const rotations = volume({ ci: 3, nightly: 10 });
  const rotating = await FakeIssuer.start(authority);
  try {
    expect((await register('rotating', rotating)).status).toBe(201);
    let slowestMs = 0;
    for (let rotation = 1; rotation <= rotations; rotation++) {
      const old = await rotating.sign({ ...good, exp: Math.floor(Date.now() / 1000) + 600 });
      await eventually(async () => (await send(old)).status === 200, { what: 'the key of before to count', timeoutMs: 10_000 });
      await rotating.addKey(`rotated-${rotation}`, { only: true });
      const token = await rotating.sign(good);
      const begin = performance.now();
      await eventually(async () => (await send(token)).status === 200, { what: 'the new key to count', timeoutMs: 10_000 });
      slowestMs = Math.max(slowestMs, performance.now() - begin);
      await eventually(async () => (await send(old)).status === 401, { what: 'the old key to count no more', timeoutMs: 10_000 });
    }
    accept({
      row: 'F-20',
      what: 'JWKS rotated',
      volume: `${rotations} rotations`,
      result: `new key counts after at most ${Math.round(slowestMs)} ms`,
    });
    const held = await rotating.sign({ ...good, exp: Math.floor(Date.now() / 1000) + 600 });
    expect((await send(held)).status).toBe(200);
    rotating.answers.set('/jwks', { status: 503, body: {} });
    rotating.answers.set('/.well-known/openid-configuration', { status: 503, body: {} });
    expect((await send(await rotating.sign({ ...good, jti: 'while down' }))).status).toBe(200);
    await rotating.addKey('unseen');
    expect((await send(await rotating.sign(good))).status).toBe(401);
    expect((await send(held)).status).toBe(200);
  } finally {
    await rotating.close();
  }
}, 120_000);
