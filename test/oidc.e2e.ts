import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '#pki';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { OidcProvider } from './support/oidc-provider.js';

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
