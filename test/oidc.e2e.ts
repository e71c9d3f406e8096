import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '#pki';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { OidcProvider } from './support/oidc-provider.js';
import { eventually } from './support/wait-for.js';

interface Tokens {
  access_token: string;
  refresh_token: string;
  error?: string;
}

const REDIRECT = 'http://127.0.0.1:8976/callback';
const SETTINGS = { ARCHON_ISSUER_ALLOWED_NETWORKS: '127.0.0.1' };

let archon: Archon;
let replica: Archon;
let provider: OidcProvider;

beforeAll(async () => {
  archon = await Archon.start({ settings: SETTINGS, clusters: ['c1'] });
  replica = await archon.replica();
  const authority = await CertificateAuthority.create('test');
  provider = await OidcProvider.start(
    authority,
    [archon, replica].map(({ client }) => `${client.url}/auth/v1/oidc/corp/callback`),
  );
  const { status, text } = await archon.client.post('/acp/v1/identityproviders', {
    metadata: { name: 'corp' },
    spec: {
      issuer: provider.url,
      clientId: provider.client.id,
      clientSecret: provider.client.secret,
      certificateAuthorityData: Buffer.from(authority.certPem).toString('base64'),
      claims: { username: 'email', email: 'email', groups: 'groups' },
      scopes: ['openid', 'offline_access', 'email', 'groups'],
      roles: { administrator: ['platform-admins'] },
    },
  });
  expect([status, text.includes(provider.client.secret)], text).toEqual([201, false]);
}, 120_000);
afterAll(async () => {
  await archon?.dispose();
  await replica?.stop();
  await provider?.close();
});

/** Begins a login and goes through it as the user; gives the URL of the callback that the provider sends the browser to. */
async function begin(user: string) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri: REDIRECT,
    state: 'of-the-client',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const answer = await archon.client.as(undefined).get(`/auth/v1/oidc/corp/login?${query.toString()}`);
  expect(answer.status, answer.text).toBe(302);
  const callback = new URL(await provider.browse(String(answer.headers.location), user));
  return { verifier, callback: `${callback.pathname}${callback.search}` };
}

const exchange = (parameters: Record<string, string>) => archon.client.as(undefined).post<Tokens>('/auth/v1/token', parameters);

async function logIn(user: string): Promise<Tokens> {
  const { verifier, callback } = await begin(user);
  const { status, headers, text } = await archon.client.as(undefined).get(callback);
  expect(status, text).toBe(302);
  const back = new URL(String(headers.location));
  expect([`${back.origin}${back.pathname}`, back.searchParams.get('state')]).toEqual([REDIRECT, 'of-the-client']);
  const code = back.searchParams.get('code') ?? '';
  const answer = await exchange({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT });
  expect(answer.status, answer.text).toBe(200);
  const again = await exchange({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT });
  expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
  return answer.body;
}

describe('a login with the code flow', () => {
  it('gives a session that works in the real kubectl, through the kubeconfig that Archon gives', async () => {
    const { access_token: token } = await logIn('root');
    const kubectl = await archon.kubectl('c1', token);
    expect(await kubectl.output(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).toBe('corp:root@example.org');
    expect(await kubectl.output(['get', 'namespace', 'default', '-o', 'name'])).toContain('namespace/default');
  });

  it('gives roles of the platform to members of the groups that an administrator chose, and to no others', async () => {
    const [root, alice] = [await logIn('root'), await logIn('alice')];
    const statusOf = async (token: string) => (await archon.client.as(token).get('/acp/v1/identityproviders')).status;
    expect([await statusOf(root.access_token), await statusOf(alice.access_token)]).toEqual([200, 403]);
  });

  it('refuses a redirect that is not listed, and one to localhost', async () => {
    for (const redirect of [
      'https://evil.example.org/',
      'http://localhost:1/',
      'http://127.0.0.1.evil.example.org:1/',
      'http://127.0.0.1:1@evil.example.org/',
    ]) {
      const query = new URLSearchParams({ redirect_uri: redirect, code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' });
      expect((await archon.client.as(undefined).get(`/auth/v1/oidc/corp/login?${query.toString()}`)).status, redirect).toBe(422);
    }
  });

  it('T32 CVE-2022-31034, CVE-2024-6508, CVE-2026-44946: of 100 replays of code and state on two replicas exactly one succeeds', async () => {
    const { callback } = await begin('alice');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? archon : replica).client.as(undefined).get(callback)),
    );
    const successes = answers.filter(({ status, headers }) => status === 302 && String(headers.location).includes('code='));
    const failures = answers.filter(
      ({ status, headers }) => status === 400 || (status === 302 && String(headers.location).includes('error=')),
    );
    expect([successes.length, failures.length]).toEqual([1, 99]);
    accept({ row: 'T32', what: 'replays of code and state', volume: '100 on 2 replicas', result: '1 success' });
  });
});

interface Device {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const whoami = async (token: string) => {
  const { status, body } = await archon.client.as(token).get<{ user: string; groups: string[] }>('/acp/v1/whoami');
  return { status, user: body.user, groups: body.groups };
};

describe('a login with the device flow', () => {
  const begin = async () => {
    const { status, body, text } = await archon.client.as(undefined).post<Device>('/auth/v1/oidc/corp/device');
    expect(status, text).toBe(200);
    return body;
  };
  const poll = (device: Device) => exchange({ grant_type: DEVICE_GRANT, device_code: device.device_code });
  /** What a polling client gets when it no longer has to wait: asking too early does not count as an answer. */
  const answerTo = (device: Device) =>
    eventually(
      async () => {
        const answer = await poll(device);
        return ['slow_down', 'authorization_pending'].includes(answer.body.error ?? '') ? undefined : answer;
      },
      { what: 'the answer of the device login', timeoutMs: 30_000 },
    );

  it('waits for the browser, then gives a session once', async () => {
    const device = await begin();
    expect([device.interval, device.expires_in > 60, device.verification_uri.startsWith(provider.url)]).toEqual([5, true, true]);
    const early = await poll(device);
    expect([early.status, early.body.error]).toEqual([400, 'authorization_pending']);
    const tooEarly = await poll(device);
    expect([tooEarly.status, tooEarly.body.error]).toEqual([400, 'slow_down']);
    await provider.browseDevice(device.verification_uri_complete, 'alice');
    const { status, body, text } = await answerTo(device);
    expect(status, text).toBe(200);
    expect(await whoami(body.access_token)).toEqual({ status: 200, user: 'corp:alice@example.org', groups: ['corp:team-a'] });
    const refreshed = await exchange({ grant_type: 'refresh_token', refresh_token: body.refresh_token });
    expect(refreshed.status, refreshed.text).toBe(200);
    const again = await poll(device);
    expect([again.status, again.body.error]).toEqual([400, 'expired_token']);
  });

  it('knows no device codes but its own: not the one of the issuer, and none that was made up', async () => {
    const device = await begin();
    for (const code of [device.user_code, 'A'.repeat(43), `${device.device_code}x`]) {
      const { status, body } = await exchange({ grant_type: DEVICE_GRANT, device_code: code });
      expect([status, body.error]).toEqual([400, 'expired_token']);
    }
  });
});

describe('a refresh', () => {
  const refresh = (tokens: Tokens) => exchange({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  /** As if the issuer had vouched for everybody a minute ago: it is not asked again sooner than after half a minute. */
  const letTimePass = (seconds = 60) =>
    archon.database.query(`update external_sessions set confirmed_at = now() - ${seconds} * interval '1 s'`);

  it('asks the issuer again, and takes over the groups that it tells now', async () => {
    const tokens = await logIn('alice');
    const loggedInAt = Math.floor(Date.now() / 1000);
    const alice = provider.users.alice;
    if (alice === undefined) throw new Error('there is no alice');
    alice.groups = ['team-b'];
    try {
      await letTimePass();
      // Tokens tell their time in seconds, and of two with the same time the first one counts.
      await eventually(() => Promise.resolve(Date.now() / 1000 >= loggedInAt + 1), { what: 'the next second' });
      const { status, body, text } = await refresh(tokens);
      expect(status, text).toBe(200);
      expect((await whoami(body.access_token)).groups).toEqual(['corp:team-b']);
    } finally {
      alice.groups = ['team-a'];
    }
  });

  it('T33 CVE-2023-32199: fails for a user who was removed at the issuer, and the session ends on every replica', async () => {
    provider.users.leaver = { password: 'leaver-pw', groups: [] };
    const tokens = await logIn('leaver');
    delete provider.users.leaver;
    await letTimePass();
    const { status, body } = await refresh(tokens);
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
    for (const { client } of [archon, replica])
      await eventually(async () => (await client.as(tokens.access_token).get('/acp/v1/whoami')).status === 401, {
        what: 'the session to end',
      });
    accept({
      row: 'T33',
      what: 'refresh of a user who was removed at the issuer',
      volume: '1 session on 2 replicas',
      result: 'refused, session ended',
    });
  });

  it('F-20: goes on while the issuer is down, as long as the settings say, with clear errors for new logins', async () => {
    let tokens = await logIn('alice');
    await provider.stop();
    try {
      await letTimePass();
      const goesOn = await refresh(tokens);
      expect([goesOn.status, (await whoami(goesOn.body.access_token)).status], goesOn.text).toEqual([200, 200]);
      tokens = goesOn.body;
      const device = await archon.client.as(undefined).post<{ message: string; reason: string }>('/auth/v1/oidc/corp/device');
      expect([device.status, device.body.reason, device.body.message]).toEqual([
        503,
        'ServiceUnavailable',
        expect.stringContaining('identity provider "corp" is unavailable'),
      ]);
      await letTimePass(14_401);
      const ended = await refresh(tokens);
      expect([ended.status, ended.text], ended.text).toEqual([503, expect.stringContaining('identity provider \\"corp\\" is unavailable')]);
    } finally {
      await provider.listenAgain();
    }
    const back = await eventually(
      async () => {
        const answer = await refresh(tokens);
        return answer.status === 503 ? undefined : answer;
      },
      { what: 'the issuer to be asked again', timeoutMs: 20_000 },
    );
    expect(back.status, back.text).toBe(200);
    accept({
      row: 'F-20',
      what: 'issuer down: refresh of a session',
      volume: '1 outage',
      result: 'goes on, 503 after the time of the settings, heals',
    });
  });
});
