import { constants, createHash, publicEncrypt } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import type { ArchonClient, ClientResponse } from './support/http-client.js';
import { OfficialApi } from './support/official.js';
import { eventually } from './support/wait-for.js';

interface User {
  kind: string;
  metadata: { name: string; uid: string };
  spec: {
    email: string;
    username: string;
    is_admin: boolean;
    is_disabled: boolean;
    extra: { roles: string[]; mustChangePassword: boolean };
  };
}
interface UserList {
  kind: string;
  total: number;
  items: User[];
}
interface Status {
  reason: string;
  message: string;
  details: { causes: { field: string; message: string }[] };
}
interface Tokens {
  access_token: string;
  refresh_token: string;
}

const USERS = '/auth/v1/users';
const PASSWORD = 'correct horse battery staple';
const SECOND = 'a much better password';
const THIRD = 'the third one of its kind';
const official = new OfficialApi('auth.v1');
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const pathOf = (email: string) => `${USERS}/${md5(email)}`;

let archon: Archon;
let admin: ArchonClient;
let anonymous: ArchonClient;
let numbers = 0;

beforeAll(async () => {
  archon = await Archon.start();
  admin = archon.client;
  anonymous = admin.as(undefined);
});
afterAll(() => archon?.dispose());

const create = (email: string, spec: object = {}) => admin.post<User & Status>(USERS, { spec: { email, password: PASSWORD, ...spec } });
const login = (username: string, password: string, newPassword?: string) =>
  anonymous.post<Tokens & Status>('/auth/v1/login', { username, password, ...(newPassword === undefined ? {} : { newPassword }) });

/** A user of their own for a test, logged in with the password `SECOND`. */
async function newUser(spec: object = {}): Promise<{ email: string; client: ArchonClient; tokens: Tokens }> {
  const email = `user${++numbers}@example.org`;
  expect((await create(email, spec)).status).toBe(201);
  const { status, body, text } = await login(email, PASSWORD, SECOND);
  expect(status, text).toBe(200);
  return { email, client: admin.as(body.access_token), tokens: body };
}

const refused = ({ status, body }: ClientResponse<Status>) => [status, body.details.causes.map((cause) => cause.field)];
const whoami = async (client: ArchonClient) =>
  (await client.get<{ user: string; groups: string[]; roles: string[] }>('/acp/v1/whoami')).body;

describe('the official operations', () => {
  it('answer in the official shapes', async () => {
    const email = 'official@example.org';
    const [list, one] = ['/auth/v1/users', '/auth/v1/users/{name}'];
    const user = { apiVersion: 'auth.alauda.io/v1', kind: 'User', spec: { email, username: 'Official', password: PASSWORD } };
    const created = await admin.post<User>(USERS, user);
    official.check('POST', list, created);
    expect(created.body.metadata.name).toBe(md5(email));
    const read = await admin.get<User>(pathOf(email));
    official.check('GET', one, read);
    expect(read.body).toEqual(created.body);
    // What was read may be sent back.
    const patched = await admin.patch<User>(pathOf(email), { ...read.body, spec: { ...read.body.spec, username: 'Renamed' } });
    official.check('PATCH', one, patched);
    expect(patched.body.spec.username).toBe('Renamed');
    const key = await anonymous.get('/auth/v1/pubkey');
    official.check('GET', '/auth/v1/pubkey', key);
    official.check('DELETE', one, await admin.delete(pathOf(email)));
    expect((await admin.get(pathOf(email))).status).toBe(404);
  });

  it('list with filter, order and pages', async () => {
    for (const name of ['zoe', 'adam', 'mia']) await create(`${name}@list.example.org`, { username: `Lister ${name}` });
    const list = async (query: string) => (await admin.get<UserList>(`${USERS}?${query}`)).body;
    const names = ({ items }: UserList) => items.map((item) => item.spec.username.slice('Lister '.length));
    expect(names(await list('filterBy=username,lister&sortBy=a,username'))).toEqual(['adam', 'mia', 'zoe']);
    expect(names(await list('filterBy=email,LIST.example&sortBy=d,creationTimestamp'))).toEqual(['mia', 'adam', 'zoe']);
    const second = await list('filterBy=username,lister&sortBy=a,username&limit=2&page=2');
    expect([second.kind, second.total, names(second)]).toEqual(['UserList', 3, ['zoe']]);
    expect((await list("filterBy=username,%25'%20or%20true%20--")).total).toBe(0);
    for (const query of ['filterBy=password,a', 'sortBy=a,password', 'limit=0', 'limit=501', 'page=0', 'limit=x'])
      expect((await admin.get(`${USERS}?${query}`)).status, query).toBe(422);
  });

  it('take a password that the client has encrypted with the public key', async () => {
    const { body } = await anonymous.get<{ ts: string; pubkey: string; pubkey_encode: string }>('/auth/v1/pubkey');
    expect(Buffer.from(body.pubkey_encode, 'base64').toString()).toBe(body.pubkey);
    const encrypt = (sent: object) =>
      publicEncrypt({ key: body.pubkey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(JSON.stringify(sent))).toString('base64');
    const email = 'encrypted@example.org';
    expect((await create(email, { password: encrypt({ ts: body.ts, password: PASSWORD }) })).status).toBe(201);
    expect((await login(email, PASSWORD, encrypt({ ts: body.ts, password: SECOND }))).status).toBe(200);
    expect((await login(email, encrypt({ ts: body.ts, password: SECOND }))).status).toBe(200);
    const old = encrypt({ ts: String(Number(body.ts) - 400), password: PASSWORD });
    for (const password of [old, encrypt({ password: PASSWORD }), Buffer.alloc(256, 1).toString('base64')])
      expect(refused(await create('other@example.org', { password }))).toEqual([422, ['spec.password']]);
    expect((await admin.get(pathOf('other@example.org'))).status).toBe(404);
  });
});

describe('a user', () => {
  it.each<[string, object, string]>([
    ['no email', { email: undefined }, 'spec.email'],
    ['an email that is none', { email: 'jane' }, 'spec.email'],
    ['capital letters', { email: 'Jane@example.org' }, 'spec.email'],
    ['no password', { password: undefined }, 'spec.password'],
    ['a short password', { password: 'short' }, 'spec.password'],
    ['the email as password', { password: 'refused@example.org' }, 'spec.password'],
    ['an unknown role', { extra: { roles: ['root'] } }, 'spec.extra.roles'],
    ['roles that contradict each other', { is_admin: true, extra: { roles: [] } }, 'spec.is_admin'],
    ['an unknown field', { generation: 7 }, 'spec.generation'],
  ])('is not made with %s', async (_, spec, field) => {
    const before = (await admin.get<UserList>(USERS)).body.total;
    const answer = await create('refused@example.org', spec);
    expect(refused(answer), answer.text).toEqual([422, [field]]);
    expect((await admin.get<UserList>(USERS)).body.total).toBe(before);
  });

  it('is made once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => create('once@example.org')));
    expect(all.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
  });

  it('sees and renames itself, and nobody else', async () => {
    const [jane, joe] = [await newUser(), await newUser()];
    expect((await jane.client.get<User>(pathOf(jane.email))).body.spec.email).toBe(jane.email);
    expect((await jane.client.patch<User>(pathOf(jane.email), { spec: { username: 'Jane' } })).body.spec.username).toBe('Jane');
    const [foreign, absent] = [await jane.client.get(pathOf(joe.email)), await jane.client.get(pathOf('nobody@example.org'))];
    expect([foreign.status, absent.status, foreign.text]).toEqual([403, 403, absent.text]);
    expect((await jane.client.patch(pathOf(joe.email), { spec: { username: 'x' } })).status).toBe(403);
    for (const answer of [await jane.client.get(USERS), await jane.client.delete(pathOf(joe.email)), await jane.client.post(USERS, {})])
      expect(answer.status).toBe(403);
  });

  it('changes the own password with the old one only, and all other sessions end', async () => {
    const { email, client, tokens } = await newUser();
    const change = (spec: object) => client.patch<User & Status>(pathOf(email), { spec });
    expect(refused(await change({ password: THIRD }))).toEqual([422, ['spec.old_password']]);
    expect(refused(await change({ password: THIRD, old_password: PASSWORD }))).toEqual([422, ['spec.old_password']]);
    expect(refused(await change({ password: 'short', old_password: SECOND }))).toEqual([422, ['spec.password']]);
    expect(refused(await change({ password: SECOND, old_password: SECOND }))).toEqual([422, ['spec.password']]);
    expect((await client.get('/acp/v1/whoami')).status).toBe(200);
    const changed = await change({ password: THIRD, old_password: SECOND });
    expect([changed.status, changed.body.spec.extra.mustChangePassword]).toEqual([201, false]);
    expect((await client.get('/acp/v1/whoami')).status).toBe(401);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    expect((await anonymous.post('/auth/v1/token', refresh)).status).toBe(400);
    expect([(await login(email, SECOND)).status, (await login(email, THIRD)).status]).toEqual([401, 200]);
  });

  it('T36 CVE-2021-26921: a new password ends all sessions, and API tokens where that is asked for', async () => {
    const make = async (client: ArchonClient) =>
      (await client.post<{ token: string }>('/auth/v1/accesstoken', { description: 't' })).body.token;
    const holds = async (token: string) => (await admin.as(token).get('/acp/v1/whoami')).status === 200;
    const ways: [string, (email: string, client: ArchonClient, revokeTokens: boolean) => Promise<{ status: number; text: string }>][] = [
      [
        'changed by the user',
        (email, client, revokeTokens) => client.patch(pathOf(email), { spec: { password: THIRD, old_password: SECOND, revokeTokens } }),
      ],
      ['set by an administrator', (email, _, revokeTokens) => admin.patch(pathOf(email), { spec: { password: THIRD, revokeTokens } })],
      [
        'changed at the login',
        (email, _, revokeTokens) =>
          anonymous.post('/auth/v1/login', { username: email, password: SECOND, newPassword: THIRD, revokeTokens }),
      ],
    ];
    for (const [way, change] of ways)
      for (const revokeTokens of [false, true]) {
        const { email, client, tokens } = await newUser();
        const token = await make(client);
        const foreign = await make(admin);
        const answer = await change(email, client, revokeTokens);
        expect([200, 201], `${way}: ${answer.text}`).toContain(answer.status);
        await eventually(async () => !(await holds(tokens.access_token)), { what: `the session to end: ${way}` });
        await eventually(async () => (await holds(token)) === !revokeTokens, { what: `the token to be decided about: ${way}` });
        expect([await holds(token), await holds(foreign)], way).toEqual([!revokeTokens, true]);
      }
    accept({
      row: 'T36',
      what: 'sessions and API tokens after a new password',
      volume: '3 ways, with and without tokens',
      result: 'ended as asked',
    });
  });

  it('does not take the revocation of tokens for a change of its own', async () => {
    const { email, client } = await newUser();
    expect(refused(await client.patch<Status>(pathOf(email), { spec: { revokeTokens: true } }))).toEqual([422, ['spec.revokeTokens']]);
  });

  it('must change a password that an administrator has set', async () => {
    const { email, client } = await newUser();
    expect((await admin.patch<User>(pathOf(email), { spec: { password: THIRD } })).body.spec.extra.mustChangePassword).toBe(true);
    expect((await client.get('/acp/v1/whoami')).status).toBe(401);
    expect((await login(email, THIRD)).status).toBe(403);
    expect((await login(email, THIRD, SECOND)).status).toBe(200);
  });

  it('T33 CVE-2023-22650 CVE-2019-6287: loses sessions and tokens when it is removed, also for a later user of the same name', async () => {
    const { email, client } = await newUser({ is_admin: true });
    const token = (await client.post<{ token: string }>('/auth/v1/accesstoken', { description: 'of the first' })).body.token;
    expect((await admin.as(token).get('/acp/v1/whoami')).status).toBe(200);
    expect((await admin.delete(pathOf(email))).status).toBe(204);
    expect((await create(email, { is_admin: true })).status).toBe(201);
    for (const each of [client, admin.as(token)]) expect((await each.get('/acp/v1/whoami')).status).toBe(401);
    const left = await archon.database.query<{ count: string }>(
      'select (select count(*) from access_tokens where user_name = $1) + (select count(*) from sessions s left join users u on u.id = s.user_id where u.name = $1 or u.id is null) as count',
      [email],
    );
    expect(Number(left[0]?.count)).toBe(0);
  });

  it('T33 CVE-2023-32199: holds nothing that lets it in while it is disabled', async () => {
    const { email, client, tokens } = await newUser();
    const token = (await client.post<{ token: string }>('/auth/v1/accesstoken', { description: 'd' })).body.token;
    expect((await admin.patch<User>(pathOf(email), { spec: { is_disabled: true } })).body.spec.is_disabled).toBe(true);
    for (const each of [client, admin.as(token)]) expect((await each.get('/acp/v1/whoami')).status).toBe(401);
    expect((await login(email, SECOND)).status).toBe(401);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    expect((await anonymous.post('/auth/v1/token', refresh)).status).toBe(400);
    await admin.patch(pathOf(email), { spec: { is_disabled: false } });
    // The token is a credential of its own; the session has ended for good.
    expect((await admin.as(token).get('/acp/v1/whoami')).status).toBe(200);
    expect((await client.get('/acp/v1/whoami')).status).toBe(401);
    expect((await login(email, SECOND)).status).toBe(200);
  });
});

describe('platform roles', () => {
  it('T30 T33 CVE-2021-36775: hold from the next request on, on every replica, whatever a token was made with', async () => {
    const replica = await archon.replica();
    try {
      const { email, client, tokens } = await newUser();
      const there = replica.client.as(tokens.access_token);
      expect(await whoami(there)).toEqual(expect.objectContaining({ user: email, groups: [], roles: [] }));
      expect((await there.get(USERS)).status).toBe(403);
      await admin.patch(pathOf(email), { spec: { extra: { roles: ['auditor'] } } });
      expect(await whoami(client)).toMatchObject({ groups: ['acp:platform:auditor'], roles: ['auditor'] });
      await eventually(async () => (await there.get(USERS)).status === 200, { what: 'the role there', timeoutMs: 2000 });
      await admin.patch(pathOf(email), { spec: { extra: { roles: [] } } });
      await eventually(async () => (await there.get(USERS)).status === 403, { what: 'the end of the role there', timeoutMs: 2000 });
      await admin.delete(pathOf(email));
      await eventually(async () => (await there.get(USERS)).status === 401, { what: 'the end of the session there', timeoutMs: 2000 });
    } finally {
      await replica.kill();
    }
  });

  it('T43: are given and taken by administrators only', async () => {
    const [auditor, user] = [await newUser({ extra: { roles: ['auditor'] } }), await newUser()];
    for (const { client, email } of [auditor, user])
      for (const spec of [{ is_admin: true }, { extra: { roles: ['administrator', 'auditor'] } }, { is_disabled: true }])
        expect((await client.patch(pathOf(email), { spec })).status).toBe(403);
    expect((await auditor.client.patch(pathOf(user.email), { spec: { is_admin: true } })).status).toBe(403);
    expect((await auditor.client.post(USERS, { spec: { email: 'x@example.org', password: PASSWORD, is_admin: true } })).status).toBe(403);
    expect([(await whoami(auditor.client)).roles, (await whoami(user.client)).roles]).toEqual([['auditor'], []]);
  });

  it('leave an administrator, also when all are demoted, disabled and removed at once by each other', async () => {
    const fresh = await Archon.start();
    try {
      const names = ['a1', 'a2', 'a3', 'a4'].map((name) => `${name}@example.org`);
      for (const email of names) await fresh.client.post(USERS, { spec: { email, password: PASSWORD, is_admin: true } });
      const clients = await Promise.all(names.map((name) => fresh.as(name)));
      const answers = await Promise.all(
        clients.flatMap((client, index) =>
          [...names.slice(index), ...names.slice(0, index), 'admin'].map((name, kind) =>
            kind % 3 === 0
              ? client.delete(pathOf(name))
              : client.patch(pathOf(name), { spec: kind % 3 === 1 ? { is_admin: false } : { is_disabled: true } }),
          ),
        ),
      );
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
      const left = await fresh.database.query(`select name from users where 'administrator' = any(roles) and disabled_at is null`);
      expect(left.length).toBeGreaterThan(0);
    } finally {
      await fresh.dispose();
    }
  });

  it('keep the last administrator with 409', async () => {
    const fresh = await Archon.start();
    try {
      const last = pathOf('admin');
      const tries = [{ is_admin: false }, { extra: { roles: [] } }, { is_disabled: true }].map((spec) =>
        fresh.client.patch(last, { spec }),
      );
      for (const answer of await Promise.all([...tries, fresh.client.delete(last)])) expect(answer.status).toBe(409);
      expect((await whoami(fresh.client)).roles).toEqual(['administrator']);
    } finally {
      await fresh.dispose();
    }
  });
});

describe('the first administrator', () => {
  it('T29 CVE-2026-4404: has a random password in a file of the operator, and must change it', async () => {
    const fresh = await Archon.start();
    try {
      const file = path.join(fresh.state, 'admin-password');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const password = (await readFile(file, 'utf8')).trim();
      expect(password).toMatch(/^[\w-]{24}$/);
      const guest = fresh.client.as(undefined);
      const enter = (body: object) => guest.post<Tokens & Status>('/auth/v1/login', { username: 'admin', ...body });
      const must = await enter({ password });
      expect([must.status, must.body.reason, must.body.message]).toEqual([403, 'Forbidden', expect.stringContaining('newPassword')]);
      expect(refused(await enter({ password, newPassword: password }))).toEqual([422, ['newPassword']]);
      expect(refused(await enter({ password, newPassword: 'admin' }))).toEqual([422, ['newPassword']]);
      const entered = await enter({ password, newPassword: SECOND });
      expect((await whoami(guest.as(entered.body.access_token))).roles).toEqual(['administrator']);
      expect((await enter({ password })).status).toBe(401);
      await fresh.stop();
      await fresh.run();
      expect((await fresh.client.as(undefined).post('/auth/v1/login', { username: 'admin', password: SECOND })).status).toBe(200);
    } finally {
      await fresh.dispose();
    }
  });

  it('T29 CVE-2019-11202: is not made again after it was removed', async () => {
    const fresh = await Archon.start();
    try {
      const spec = { email: 'second@example.org', password: PASSWORD, is_admin: true };
      expect((await fresh.client.post(USERS, { spec })).status).toBe(201);
      expect((await fresh.client.delete(pathOf('admin'))).status).toBe(204);
      await fresh.stop();
      await fresh.run();
      const rows = await fresh.database.query<{ name: string }>('select name from users');
      expect(rows).toEqual([{ name: 'second@example.org' }]);
      // The token in the operator's file is of a name without a user: it opens nothing.
      expect((await fresh.client.get(USERS)).status).toBe(403);
    } finally {
      await fresh.dispose();
    }
  });
});

it('no password is in the database, the log or an answer', async () => {
  const { email } = await newUser();
  const [row] = await archon.database.query<{ password: string }>('select password from users where name = $1', [email]);
  expect(row?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  const tables = await archon.database.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public'");
  for (const { name } of tables) {
    const dump = await archon.database.query<{ row: string }>(`select t::text as row from "${name}" t`);
    expect(JSON.stringify(dump), name).not.toMatch(new RegExp(`${PASSWORD}|${SECOND}|PRIVATE KEY`));
  }
  expect(archon.log).not.toMatch(new RegExp(`${PASSWORD}|${SECOND}|argon2`));
  expect((await admin.get(pathOf(email))).text).not.toMatch(/argon2|"password"/);
});
