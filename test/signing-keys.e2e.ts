import { createPublicKey } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { eventually } from './support/wait-for.js';

interface KeyList {
  items: { id: string; current: boolean; createdAt: string; retiredAt?: string; verifiesUntil: string }[];
}

const KEY_SET = '/.well-known/jwks.json';
const KEYS = '/auth/v1/signingkeys';
let archon: Archon;
beforeAll(async () => {
  archon = await Archon.start();
});
afterAll(() => archon?.dispose());

const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const keySet = async () => (await archon.client.as(undefined).get<JSONWebKeySet>(KEY_SET)).body;
const whoAmI = async (token: string, at = archon) => (await at.client.as(token).get('/acp/v1/whoami')).status;
const rotate = async () => (await archon.client.post<KeyList>(`${KEYS}/rotate`)).body.items;

describe('the key set', () => {
  it('is public, cacheable, and checks a token of Archon', async () => {
    const answer = await archon.client.as(undefined).get<JSONWebKeySet>(KEY_SET);
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=300']);
    expect(Object.keys(answer.body.keys[0] ?? {}).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    const { payload } = await jwtVerify(archon.token, createLocalJWKSet(answer.body), {
      issuer: 'archon',
      audience: 'archon-api',
      algorithms: ['RS256'],
    });
    expect(payload.sub).toBe('admin');
  });

  it('answers 304 to whoever has it, until it changes', async () => {
    const { headers } = await archon.client.get(KEY_SET);
    const tag = { 'if-none-match': String(headers.etag) };
    const same = await archon.client.get(KEY_SET, tag);
    expect([same.status, same.text, same.headers.etag]).toEqual([304, '', headers.etag]);
    await rotate();
    expect((await archon.client.get(KEY_SET, tag)).status).toBe(200);
  });

  it('holds no private half', async () => {
    const { text } = await archon.client.get(KEY_SET);
    expect(text).not.toMatch(/"(d|p|q|dp|dq|qi|k)":/);
    for (const jwk of (JSON.parse(text) as JSONWebKeySet).keys)
      expect(createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails?.modulusLength).toBe(2048);
  });
});

describe('a rotation', () => {
  it('signs with a new key on every replica; what the old one signed stays valid there', async () => {
    const replica = await archon.replica();
    try {
      const old = await archon.tokenOf('jane@example.org');
      const oldThere = await replica.tokenOf('joe@example.org');
      expect(kidOf(old)).toBe(kidOf(oldThere));
      const [newest] = await rotate();
      const made = await archon.tokenOf('jane@example.org');
      expect([kidOf(made), newest?.current]).toEqual([newest?.id, true]);
      // At once: a replica that was not told yet finds the key by its id.
      expect(await whoAmI(made, replica)).toBe(200);
      await eventually(async () => kidOf(await replica.tokenOf('joe@example.org')) === newest?.id, {
        what: 'the replica to sign with the new key',
      });
      for (const at of [archon, replica]) for (const token of [old, oldThere]) expect(await whoAmI(token, at)).toBe(200);
      expect((await keySet()).keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining([kidOf(old), newest?.id]));
    } finally {
      await replica.stop();
    }
  });

  it('erases the private half of the old key', async () => {
    await rotate();
    const rows = await archon.database.query<{ private: boolean; retired: boolean }>(
      'select private_key is not null as private, retired_at is not null as retired from signing_keys',
    );
    expect(rows.filter((row) => row.private)).toEqual([{ private: true, retired: false }]);
  });

  it('keeps an old key until the last token that it signed has ended, and no longer', async () => {
    const token = await archon.tokenOf('jane@example.org');
    const kid = kidOf(token);
    await rotate();
    expect((await keySet()).keys.map((key) => key.kid)).toContain(kid);
    const [row] = await archon.database.query<{ covered: boolean }>(
      `select covers_until >= (select max(expires_at) from access_tokens where user_name = 'jane@example.org') as covered from signing_keys where id = $1`,
      [kid],
    );
    expect(row?.covered).toBe(true);
    await archon.database.query(`update signing_keys set covers_until = now() - interval '1 s' where id = $1`, [kid]);
    await rotate();
    expect((await keySet()).keys.map((key) => key.kid)).not.toContain(kid);
    expect(await whoAmI(token)).toBe(401);
  });

  it('is for administrators', async () => {
    const jane = await archon.as('jane@example.org');
    expect([(await jane.post(`${KEYS}/rotate`)).status, (await jane.get(KEYS)).status]).toEqual([403, 403]);
    expect((await archon.client.as(undefined).post(`${KEYS}/rotate`)).status).toBe(401);
  });

  it('leaves one current key when many are asked for at once', async () => {
    await Promise.all([1, 2, 3].map(() => rotate()));
    const { items } = (await archon.client.get<KeyList>(KEYS)).body;
    expect(items.filter(({ current }) => current)).toHaveLength(1);
    expect(await whoAmI(await archon.tokenOf('jane@example.org'))).toBe(200);
  });

  it('happens by itself when the key is older than the settings allow', async () => {
    const before = kidOf(await archon.tokenOf('jane@example.org'));
    await archon.stop();
    await archon.run();
    expect(kidOf(await archon.tokenOf('jane@example.org'))).toBe(before);
    await archon.stop();
    await archon.database.query(`update signing_keys set created_at = created_at - interval '91 days'`);
    await archon.run();
    expect(kidOf(await archon.tokenOf('jane@example.org'))).not.toBe(before);
  });
});
