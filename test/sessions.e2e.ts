import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import type { ArchonClient, ClientResponse } from './support/http-client.js';
import { eventually } from './support/wait-for.js';

interface Tokens {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token: string;
  refresh_expires_in: number;
  error?: string;
  message?: string;
}
interface Session {
  id: string;
  user: string;
  method: string;
  address: string;
  userAgent: string;
  current: boolean;
}

const PASSWORD = 'correct horse battery staple';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const LOCKED_AFTER = 5;

let archon: Archon;
let replica: Archon;
let admin: ArchonClient;
let anonymous: ArchonClient;
let users = 0;

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_TRUSTED_PROXIES: '127.0.0.1' } });
  replica = await archon.replica();
  admin = archon.client;
  anonymous = admin.as(undefined);
});
afterAll(async () => {
  await replica?.kill();
  await archon?.dispose();
});
/** Each test has the network's allowance of failures for itself. */
beforeEach(() => archon.database.query('delete from login_failures'));

async function newUser(): Promise<string> {
  const email = `session${++users}@example.org`;
  expect((await admin.post('/auth/v1/users', { spec: { email, password: `${PASSWORD} first` } })).status).toBe(201);
  expect((await login(email, `${PASSWORD} first`, { newPassword: PASSWORD })).status).toBe(200);
  return email;
}

const login = (username: string, password = PASSWORD, more: object = {}, headers: Record<string, string> = {}, client = anonymous) =>
  client.post<Tokens>('/auth/v1/login', { username, password, ...more }, headers);
const refresh = (token: string, client = anonymous) =>
  client.post<Tokens>('/auth/v1/token', { grant_type: 'refresh_token', refresh_token: token });
const holds = async (token: string, client = admin) => (await client.as(token).get('/acp/v1/whoami')).status === 200;
const sessionsOf = async (client: ArchonClient) => (await client.get<{ items: Session[] }>('/auth/v1/sessions')).body.items;
const statuses = (answers: ClientResponse<unknown>[]) => answers.map(({ status }) => status).toSorted();

describe('a session', () => {
  it('gives tokens in the shape of OAuth, which prove the user and nothing else', async () => {
    const email = await newUser();
    const { status, body, headers } = await login(email);
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^[\w-]{43}$/) as string,
      refresh_expires_in: 86_400,
    });
    expect(headers['cache-control']).toBe('no-store');
    const claims = decodeJwt(body.access_token);
    expect(Object.keys(claims).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub', 'typ']);
    expect(claims).toMatchObject({ sub: email, typ: 'Session' });
    const { body: me } = await admin.as(body.access_token).get('/acp/v1/whoami');
    expect(me).toMatchObject({ user: email, groups: [], roles: [], provenBy: { kind: 'session', id: claims.sid } });
  });

  it('is refreshed with JSON and with a form, on any replica; each refresh token works once', async () => {
    const { body: first } = await login(await newUser());
    const { body: second } = await refresh(first.refresh_token, replica.client.as(undefined));
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: second.refresh_token }).toString();
    const { status, body: third } = await anonymous.post<Tokens>('/auth/v1/token', form, FORM);
    expect(status).toBe(200);
    expect(new Set([first, second, third].flatMap((each) => [each.access_token, each.refresh_token])).size).toBe(6);
    for (const { access_token: token } of [first, second, third]) expect(await holds(token)).toBe(true);
  });

  it.each<[string, object | string, Record<string, string>, number, string]>([
    ['no grant type', { refresh_token: 'r' }, {}, 400, 'invalid_request'],
    ['an unknown grant type', { grant_type: 'password', username: 'admin', password: 'x' }, {}, 400, 'unsupported_grant_type'],
    ['no token', { grant_type: 'refresh_token' }, {}, 400, 'invalid_request'],
    ['an unknown token', { grant_type: 'refresh_token', refresh_token: randomBytes(32).toString('base64url') }, {}, 400, 'invalid_grant'],
    ['a token that is none', { grant_type: 'refresh_token', refresh_token: "' or true --" }, {}, 400, 'invalid_grant'],
    ['a list', { grant_type: 'refresh_token', refresh_token: ['a'] }, {}, 400, 'invalid_request'],
    ['nothing', '', FORM, 400, 'invalid_request'],
  ])('is not refreshed with %s, in the words of OAuth', async (_, body, headers, status, error) => {
    const answer = await anonymous.post<Tokens>('/auth/v1/token', body, headers);
    expect([answer.status, answer.body.error], answer.text).toEqual([status, error]);
  });

  it('refuses a form in which a field stands twice', async () => {
    const answer = await anonymous.post('/auth/v1/token', 'grant_type=refresh_token&refresh_token=a&refresh_token=b', FORM);
    expect(answer.status).toBe(400);
  });

  it('T32: ends with all its tokens, on every replica, when a refresh token is used a second time', async () => {
    const { body: first } = await login(await newUser());
    const { body: second } = await refresh(first.refresh_token);
    expect(await holds(second.access_token, replica.client)).toBe(true);
    expect((await refresh(first.refresh_token, replica.client.as(undefined))).body.error).toBe('invalid_grant');
    expect((await refresh(second.refresh_token)).body.error).toBe('invalid_grant');
    for (const { client } of [archon, replica])
      await eventually(async () => !(await holds(second.access_token, client)), { what: 'the session to end', timeoutMs: 2500 });
  });

  it('T32: gives exactly one of 100 simultaneous refreshes on two replicas its tokens, and ends', async () => {
    const { body: first } = await login(await newUser());
    const guests = [anonymous, replica.client.as(undefined)];
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => refresh(first.refresh_token, guests[index % 2])));
    expect(statuses(answers)).toEqual([200, ...Array<number>(99).fill(400)]);
    const winner = answers.find(({ status }) => status === 200)?.body;
    await eventually(async () => !(await holds(winner?.access_token ?? '')), { what: 'the session to end', timeoutMs: 2500 });
    expect((await refresh(winner?.refresh_token ?? '')).status).toBe(400);
  });

  it('ends with its logout; an API token is no session', async () => {
    const { body } = await login(await newUser());
    const client = admin.as(body.access_token);
    expect((await client.post('/auth/v1/logout')).status).toBe(204);
    expect([await holds(body.access_token), (await refresh(body.refresh_token)).status]).toEqual([false, 400]);
    expect((await admin.post('/auth/v1/logout')).status).toBe(400);
  });

  it('is shown to its user with where it came from, to auditors and administrators too, and to nobody else', async () => {
    const [jane, joe] = [await newUser(), await newUser()];
    const headers = { 'x-forwarded-for': '203.0.113.9', 'user-agent': 'browser/1.0 \u00e9' };
    const { body } = await login(jane, PASSWORD, {}, { ...headers, 'user-agent': 'browser/1.0' });
    const client = admin.as(body.access_token);
    const [mine, ...others] = await sessionsOf(client);
    expect(mine).toMatchObject({ user: jane, method: 'password', address: '203.0.113.9', userAgent: 'browser/1.0', current: true });
    expect([others.length, others.every(({ user }) => user === jane)]).toEqual([1, true]);
    const stranger = admin.as((await login(joe)).body.access_token);
    expect((await sessionsOf(stranger)).some(({ user }) => user === jane)).toBe(false);
    const path = `/auth/v1/sessions/${mine?.id}`;
    const [foreign, absent] = [
      await stranger.delete(path),
      await stranger.delete('/auth/v1/sessions/6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52'),
    ];
    expect([foreign.status, absent.status]).toEqual([404, 404]);
    expect((await sessionsOf(admin)).some(({ user }) => user === jane)).toBe(true);
    expect((await admin.delete(path)).status).toBe(204);
    expect(await holds(body.access_token)).toBe(false);
  });

  it('ends by itself: when it is not refreshed, and however often it is refreshed', async () => {
    const settings = { ARCHON_SESSION_ACCESS_SECONDS: '10', ARCHON_SESSION_IDLE_SECONDS: '10', ARCHON_SESSION_MAX_SECONDS: '14' };
    const short = await Archon.start({ settings });
    try {
      const guest = short.client.as(undefined);
      const email = 'short@example.org';
      await short.client.post('/auth/v1/users', { spec: { email, password: `${PASSWORD} first` } });
      const begun = await login(email, `${PASSWORD} first`, { newPassword: PASSWORD }, {}, guest);
      const idle = await login(email, PASSWORD, {}, {}, guest);
      expect([begun.body.expires_in, begun.body.refresh_expires_in]).toEqual([10, 10]);
      let latest = begun.body;
      const begin = Date.now();
      await eventually(
        async () => {
          const next = await refresh(latest.refresh_token, guest);
          if (next.status === 200) latest = next.body;
          return next.status === 400;
        },
        { what: 'the absolute end', timeoutMs: 25_000, intervalMs: 2000 },
      );
      expect(Date.now() - begin).toBeGreaterThan(11_000);
      for (const { access_token: token, refresh_token: old } of [latest, idle.body])
        expect([await holds(token, short.client), (await refresh(old, guest)).status]).toEqual([false, 400]);
    } finally {
      await short.dispose();
    }
  });

  it('keeps no token in the database with which it could be taken over', async () => {
    const { body } = await login(await newUser());
    for (const table of ['sessions', 'refresh_tokens']) {
      const dump = JSON.stringify(await archon.database.query(`select t::text as row from ${table} t`));
      for (const secret of [body.access_token, body.refresh_token, Buffer.from(body.refresh_token, 'base64url').toString('hex')])
        expect(dump).not.toContain(secret);
    }
  });

  it('stays below a hundred for one user: one more ends the one that was not used for longest', async () => {
    const email = await newUser();
    const { body: oldest } = await login(email);
    await archon.database.query(
      `insert into sessions select gen_random_uuid(), user_id, generation, method, address, user_agent, created_at,
         last_used_at + interval '1 s', expires_at, ends_at from sessions, generate_series(1, 99) where id = $1`,
      [decodeJwt(oldest.access_token).sid],
    );
    await login(email);
    expect(await holds(oldest.access_token)).toBe(false);
    const [row] = await archon.database.query<{ count: string }>(
      'select count(*) from sessions s join users u on u.id = s.user_id where u.name = $1',
      [email],
    );
    expect(row?.count).toBe('100');
  });
});

describe('a login that fails', () => {
  it('T38: says the same of a wrong password, an unknown user, a locked and a disabled account', async () => {
    const [wrong, locked, disabled] = [await newUser(), await newUser(), await newUser()];
    const [row] = await archon.database.query<{ object_name: string }>('select object_name from users where name = $1', [disabled]);
    await admin.patch(`/auth/v1/users/${row?.object_name}`, { spec: { is_disabled: true } });
    for (let i = 0; i < LOCKED_AFTER; i++) await login(locked, 'wrong');
    const answers = [await login(wrong, 'wrong'), await login('nobody@example.org'), await login(locked), await login(disabled)];
    expect(answers.map(({ status, text }) => [status, text])).toEqual(answers.map(() => [401, answers[0]?.text]));
    expect(new Set(answers.map(({ headers }) => headers['www-authenticate']))).toEqual(new Set(['Bearer']));
  });

  it('T37: locks the account after five, whatever replica, address or X-Forwarded-For they come from, over a restart', async () => {
    const email = await newUser();
    const from = (index: number) => ({ 'x-forwarded-for': `198.51.${index}.7` });
    const there = replica.client.as(undefined);
    for (let i = 0; i < 3; i++) expect((await login(email, 'wrong', {}, from(i))).status).toBe(401);
    for (let i = 3; i < LOCKED_AFTER; i++) expect((await login(email, 'wrong', {}, from(i), there)).status).toBe(401);
    await replica.stop();
    await replica.run();
    for (const client of [anonymous, replica.client.as(undefined)])
      for (let i = 0; i < 5; i++) expect((await login(email, PASSWORD, {}, from(100 + i), client)).status).toBe(401);
    // The lock was not prolonged by what was tried meanwhile: five minutes after the fifth failure it is gone.
    await archon.database.query(`update login_failures set until = until - interval '5 minutes'`);
    expect((await login(email)).status).toBe(200);
  });

  it('T37: is counted before its password is looked at: of 40 at once no more than five are guesses', async () => {
    const email = await newUser();
    const guesses = Array.from({ length: 40 }, (_, index) =>
      login(email, index === 39 ? PASSWORD : 'wrong', {}, { 'x-forwarded-for': `10.1.${index}.1` }),
    );
    const answers = await Promise.all(guesses);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    const [row] = await archon.database.query<{ failures: number }>(
      `select max(failures) as failures from login_failures where key like 'account:%'`,
    );
    expect(row?.failures).toBeLessThanOrEqual(LOCKED_AFTER + 1);
  });

  it('T37: blocks a network after fifty, and rows stay bounded: not one per name that was tried', async () => {
    const email = await newUser();
    await archon.database.query('delete from login_failures');
    const names = Array.from({ length: 120 }, (_, index) => `guess${index}@example.org`);
    const answers: ClientResponse<Tokens>[] = [];
    for (let i = 0; i < names.length; i += 20)
      answers.push(
        ...(await Promise.all(names.slice(i, i + 20).map((name) => login(name, 'wrong', {}, { 'x-forwarded-for': '198.51.100.9' })))),
      );
    expect([answers.filter(({ status }) => status === 401).length, answers.filter(({ status }) => status === 429).length]).toEqual([
      50, 70,
    ]);
    expect(answers.find(({ status }) => status === 429)?.headers['retry-after']).toBe('300');
    const [row] = await archon.database.query<{ count: string }>('select count(*) from login_failures');
    expect(Number(row?.count)).toBe(51);
    expect((await login(email, PASSWORD, {}, { 'x-forwarded-for': '198.51.100.77' })).status).toBe(429);
    expect((await login(email, PASSWORD, {}, { 'x-forwarded-for': '198.51.101.9' })).status).toBe(200);
  });

  it('T37: is not moved to another network by a claim of an untrusted client', async () => {
    const strict = await Archon.start();
    try {
      const guest = strict.client.as(undefined);
      const tries = Array.from({ length: 55 }, (_, index) => index);
      const found: number[] = [];
      for (const index of tries)
        found.push((await login(`g${index}@example.org`, 'x', {}, { 'x-forwarded-for': `203.0.${index}.1` }, guest)).status);
      expect(found.filter((status) => status === 429).length).toBe(5);
    } finally {
      await strict.dispose();
    }
  });
});

describe('the public routes', () => {
  const ROUTES = ['/auth/v1/login', '/auth/v1/token'];

  it.each(ROUTES)('T79: %s takes 64 KiB and not a byte more', async (url) => {
    const body = (length: number) => `{"username":"${'u'.repeat(length - 15)}"}`;
    const within = await anonymous.post(url, body(64 * 1024), { 'content-type': 'application/json' });
    expect([400, 422]).toContain(within.status);
    const over = await anonymous.post<{ message: string }>(url, body(64 * 1024 + 1), { 'content-type': 'application/json' });
    expect([over.status, over.body.message]).toEqual([413, expect.stringContaining('65536')]);
    expect((await admin.post(url, body(64 * 1024 + 1), { 'content-type': 'application/json' })).status).toBe(413);
  });

  it.each([
    ['/auth/v1/login', 'text/plain'],
    ['/auth/v1/login', 'application/x-www-form-urlencoded'],
    ['/auth/v1/login', 'multipart/form-data; boundary=b'],
    ['/auth/v1/token', 'text/plain'],
    ['/auth/v1/token', 'multipart/form-data; boundary=b'],
  ])('T52: %s answers 415 to a form of another site as %s', async (url, type) => {
    const headers = { 'content-type': type, origin: 'https://evil.example.org' };
    const answer = await anonymous.post(url, '{"username":"admin","password":"x"}', headers);
    expect(answer.status).toBe(415);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('T80: survive whatever is sent as their body', async () => {
    const junk: unknown[] = [null, true, 0, 1e308, '', 'x', [], [[]], {}, { a: {} }, '\u0000', { toString: 1 }, '💥'.repeat(50)];
    const fields = ['username', 'password', 'newPassword', 'grant_type', 'refresh_token', 'constructor', 'then', 'length'];
    const bodies = fields.flatMap((field) =>
      junk.map((value) => ({ username: 'a', password: 'b', grant_type: 'refresh_token', [field]: value })),
    );
    await archon.database.query('delete from login_failures');
    for (const url of ROUTES)
      for (const body of [...bodies, ...junk.map((each) => ({ each }))]) {
        const { status, text } = await anonymous.post(url, JSON.stringify(body), { 'content-type': 'application/json' });
        expect(status, `${url} ${JSON.stringify(body)} ${text}`).toBeGreaterThanOrEqual(400);
        expect(status, `${url} ${JSON.stringify(body)} ${text}`).toBeLessThan(500);
      }
    expect(archon.isRunning).toBe(true);
  });
});
