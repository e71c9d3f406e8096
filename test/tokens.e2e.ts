import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import type { ArchonClient } from './support/http-client.js';
import { eventually } from './support/wait-for.js';

interface Token {
  id: string;
  token: string;
  user: string;
  timestamp: number;
  expiration: number;
  description: string;
}
type Status = { kind: string; code: number; reason: string; message: string; details: { causes: { field: string }[] } };
type Row = { row: string };

const PATH = '/auth/v1/accesstoken';
const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);
const idOf = (token: string) => String(decodeJwt(token).jti);

let archon: Archon;
let jane: ArchonClient;

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_TOKEN_DEFAULT_DAYS: '7', ARCHON_TOKEN_MAX_DAYS: '30' } });
  jane = await archon.as('jane@example.org');
});
afterAll(() => archon?.dispose());

const create = (client: ArchonClient, request: object) => client.post<Token>(PATH, request);
const listOf = async (client: ArchonClient) => (await client.get<{ items: Token[] }>(PATH)).body.items;
/** A client with this token, whose answers may be ones that the OpenAPI document doesn't name for a caller with a token. */
const statusOf = async (token: string | undefined, url = PATH) => (await archon.client.as(token).get(url)).status;

describe('create', () => {
  it('answers the official shape, and with a JWT of the type AccessToken', async () => {
    const official = JSON.parse(readFileSync(path.join(import.meta.dirname, 'fixtures/official/accesstoken.v1.json'), 'utf8')) as {
      definitions: { AccessToken: { properties: object } };
      paths: Record<string, { post: { responses: object } }>;
    };
    const answer = await create(jane, { description: 'deploy job', expiration: now() + DAY });
    expect(Object.keys(official.paths[PATH]?.post.responses ?? {})).toContain(String(answer.status));
    // The official document requires nothing; each property that it names must be there nevertheless.
    const { AccessToken } = official.definitions;
    const validate = new Ajv({ strict: false, validateFormats: false }).compile({
      ...AccessToken,
      type: 'object',
      required: Object.keys(AccessToken.properties),
    });
    expect([validate(answer.body), validate.errors]).toEqual([true, null]);
    expect(answer.body).toMatchObject({ description: 'deploy job', user: 'jane@example.org' });
    expect(decodeJwt(answer.body.token)).toMatchObject({
      typ: 'AccessToken',
      jti: answer.body.id,
      sub: 'jane@example.org',
      iat: answer.body.timestamp,
      exp: answer.body.expiration,
    });
    expect(await statusOf(answer.body.token)).toBe(200);
  });

  it.each([{}, { expiration: 0 }])('gives the default validity to %o', async (request) => {
    const { body } = await create(jane, { description: 'default', ...request });
    expect(Math.abs(body.timestamp - now())).toBeLessThanOrEqual(2);
    expect(body.expiration - body.timestamp).toBe(7 * DAY);
  });

  it('gives the longest validity when that is asked for', async () => {
    const expiration = now() + 30 * DAY - 5;
    expect((await create(jane, { description: 'long', expiration })).body.expiration).toBe(expiration);
  });

  it('takes a description of 64 characters', async () => {
    expect((await create(jane, { description: 'd'.repeat(64) })).status).toBe(201);
  });

  it.each<[string, () => object, string]>([
    ['an end past the longest validity', () => ({ description: 'd', expiration: now() + 30 * DAY + 60 }), 'expiration'],
    ['an end in the past', () => ({ description: 'd', expiration: now() - 1 }), 'expiration'],
    ['a negative end', () => ({ description: 'd', expiration: -1 }), 'expiration'],
    ['an end in milliseconds', () => ({ description: 'd', expiration: Date.now() + 1000 }), 'expiration'],
    ['an end that is no date', () => ({ description: 'd', expiration: 1e20 }), 'expiration'],
    ['a broken end', () => ({ description: 'd', expiration: now() + 60.5 }), 'expiration'],
    ['an end as text', () => ({ description: 'd', expiration: String(now() + 60) }), 'expiration'],
    ['no description', () => ({}), 'description'],
    ['an empty description', () => ({ description: '' }), 'description'],
    ['a description of 65 characters', () => ({ description: 'd'.repeat(65) }), 'description'],
    ['a description that is no text', () => ({ description: { a: 1 } }), 'description'],
    ['groups', () => ({ description: 'd', groups: ['acp:platform:administrator'] }), 'groups'],
    ['an id', () => ({ description: 'd', id: randomUUID() }), 'id'],
    ['an empty user', () => ({ description: 'd', user: '' }), 'user'],
    ['a user of Kubernetes', () => ({ description: 'd', user: 'system:admin' }), 'user'],
    ['a ServiceAccount', () => ({ description: 'd', user: 'system:serviceaccount:kube-system:a' }), 'user'],
    ['a user with a line break', () => ({ description: 'd', user: 'a\r\nImpersonate-Group: system:masters' }), 'user'],
    ['a user beyond ASCII', () => ({ description: 'd', user: 'jörg' }), 'user'],
    ['a user of 254 characters', () => ({ description: 'd', user: 'u'.repeat(254) }), 'user'],
  ])('refuses %s with 422', async (_, request, field) => {
    const before = (await listOf(archon.client)).length;
    const answer = await archon.client.post<Status>(PATH, request());
    expect([answer.status, answer.body.reason], answer.text).toEqual([422, 'Invalid']);
    expect(answer.body.details.causes.map((cause) => cause.field)).toEqual([field]);
    expect(await listOf(archon.client)).toHaveLength(before);
  });

  it("makes another user's token for an administrator only, and without the administrator's groups", async () => {
    const own = await create(jane, { description: 'own', user: 'jane@example.org' });
    expect(own.status).toBe(201);
    const refused = await jane.post<Status>(PATH, { description: 'd', user: 'admin' });
    expect([refused.status, refused.body.reason]).toEqual([403, 'Forbidden']);
    const made = await create(archon.client, { description: 'for joe', user: 'joe@example.org' });
    const joe = archon.client.as(made.body.token);
    expect((await create(joe, { description: 'd', user: 'admin' })).status).toBe(403);
    expect((await create(joe, { description: 'd' })).body.user).toBe('joe@example.org');
  });
});

describe('the list', () => {
  it("shows one's own tokens, everybody's to an administrator, and never a token itself", async () => {
    const [mine, other] = [await create(jane, { description: 'mine' }), await create(archon.client, { description: 'of admin' })];
    const answer = await jane.get<{ items: Token[] }>(PATH);
    expect(new Set(answer.body.items.map((item) => item.user))).toEqual(new Set(['jane@example.org']));
    expect(answer.body.items[0]).toEqual({
      id: mine.body.id,
      description: 'mine',
      user: 'jane@example.org',
      createdBy: 'jane@example.org',
      timestamp: mine.body.timestamp,
      expiration: mine.body.expiration,
    });
    const all = await archon.client.get<{ items: Token[] }>(PATH);
    expect(all.body.items.map((item) => item.id)).toEqual(expect.arrayContaining([mine.body.id, other.body.id]));
    for (const text of [answer.text, all.text]) expect(text).not.toMatch(/eyJ|hash/);
  });
});

describe('revoke', () => {
  it('takes effect with the next request', async () => {
    const { body } = await create(jane, { description: 'short-lived' });
    expect(await statusOf(body.token)).toBe(200);
    expect((await jane.delete(`${PATH}/${body.id}`)).status).toBe(204);
    expect(await statusOf(body.token)).toBe(401);
    expect(await statusOf(body.token, '/kubernetes/c1/api')).toBe(401);
    expect((await jane.delete(`${PATH}/${body.id}`)).status).toBe(404);
  });

  it("answers 404 to somebody else's token as to one that does not exist, and revokes nothing", async () => {
    const { body } = await create(archon.client, { description: 'of admin' });
    const foreign = await jane.delete<Status>(`${PATH}/${body.id}`);
    const unknown = randomUUID();
    const absent = await jane.delete<Status>(`${PATH}/${unknown}`);
    expect([foreign.status, absent.status]).toEqual([404, 404]);
    expect(foreign.text.replaceAll(body.id, '')).toBe(absent.text.replaceAll(unknown, ''));
    expect(await statusOf(body.token)).toBe(200);
    expect((await jane.delete(`${PATH}/no-uuid'--`)).status).toBe(404);
  });

  it("lets an administrator revoke anybody's", async () => {
    const { body } = await create(jane, { description: 'stolen' });
    expect((await archon.client.delete(`${PATH}/${body.id}`)).status).toBe(204);
    expect(await statusOf(body.token)).toBe(401);
  });

  it('is not needed once a token has expired: not even a token in use outlives its end', async () => {
    const { body } = await create(jane, { description: 'two seconds', expiration: now() + 2 });
    expect(await statusOf(body.token)).toBe(200);
    let lastSuccess = 0;
    await eventually(
      async () => {
        const sent = Date.now();
        const status = await statusOf(body.token);
        if (status === 200) lastSuccess = sent;
        return status === 401;
      },
      { what: 'the token to expire' },
    );
    expect(lastSuccess).toBeLessThan(body.expiration * 1000);
  });
});

it('keeps nothing in the database with which a request would be let in', async () => {
  const { body } = await create(archon.client, { description: 'looked for' });
  const tables = await archon.database.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public'");
  const dumps = await Promise.all(tables.map(({ name }) => archon.database.query<Row>(`select t::text as row from "${name}" t`)));
  const dump = dumps.flat().map(({ row }) => row);
  expect(dump.join('\n')).toContain(body.id);
  for (const secret of [body.token, body.token.split('.')[2] ?? '', archon.token, 'PRIVATE KEY'])
    expect(dump.join('\n')).not.toContain(secret);
  const texts = new Set(
    dump.flatMap((row) => [row, ...(row.match(/[\w.:+/=-]{8,}/g) ?? [])]).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '')),
  );
  expect(texts.size).toBeGreaterThan(20);
  // More than the limit on requests without a credential that holds, whose 429 no caller with a token ever sees: it is waited out.
  const answerTo = async (text: string) => ((status) => status !== 429 && status)(await statusOf(text));
  const patientStatusOf = (text: string) => eventually(() => answerTo(text), { what: 'an answer', timeoutMs: 30_000, intervalMs: 200 });
  for (const text of texts) expect(await patientStatusOf(text.slice(0, 8000)), text).toBe(401);
});

describe("the first administrator's token", () => {
  const file = () => path.join(archon.state, 'admin-token');

  it('lies in a file that only its owner reads', async () => {
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(archon.state)).mode & 0o077).toBe(0);
  });

  it('is kept by a restart while it holds, and made anew when it was revoked or its file deleted', async () => {
    const first = archon.token;
    await archon.stop();
    await archon.run();
    expect([archon.token, await statusOf(first)]).toEqual([first, 200]);

    await archon.client.delete(`${PATH}/${idOf(first)}`);
    await archon.stop();
    await archon.run();
    const second = archon.token;
    expect([await statusOf(first), await statusOf(second), second === first]).toEqual([401, 200, false]);

    await archon.stop();
    await rm(file());
    await archon.run();
    expect([await statusOf(archon.token), archon.token === second]).toEqual([200, false]);
    expect((await readFile(file(), 'utf8')).trim()).toBe(archon.token);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });
});

describe('a second replica', () => {
  const sharing = (keyFile: string) => ({ ARCHON_DATABASE_URL: archon.database.url, ARCHON_ENCRYPTION_KEY_FILE: keyFile });
  let replica: Archon | undefined;
  afterAll(() => replica?.dispose());

  it('on the same database and key takes the tokens of the first, and forgets revoked ones within two seconds', async () => {
    replica = await Archon.start({ settings: sharing(path.join(archon.state, 'keys', 'encryption.key')) });
    const there = (token: string) => replica?.client.as(token).get(PATH);
    expect((await there(archon.token))?.status).toBe(200);
    expect(await statusOf(replica.token)).toBe(200);
    const { body } = await create(archon.client, { description: 'for both' });
    expect((await there(body.token))?.status).toBe(200);
    await archon.client.delete(`${PATH}/${body.id}`);
    await eventually(async () => (await there(body.token))?.status === 401, { what: 'the replica to notice', timeoutMs: 2500 });
  });

  it('with another key does not start, and says why', async () => {
    await expect(Archon.start({ settings: sharing(path.join(archon.state, 'keys', 'another.key')) })).rejects.toThrow(/encrypted with key/);
  });
});
