import { createHmac, createPublicKey, createSign, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept, seed, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { type Random, random } from '../support/random.js';
import { TokenSecrets } from '../support/token-secrets.js';

const PATH = '/auth/v1/accesstoken';
const now = () => Math.floor(Date.now() / 1000);
const encode = (part: unknown) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
const decode = (part: string) => Buffer.from(part, 'base64url').toString('utf8');

let archon: Archon;
let secrets: TokenSecrets;
let requests = 0;
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreignJwk = foreign.publicKey.export({ format: 'jwk' });

beforeAll(async () => {
  // Each request comes from a network of its own, so that the limit on strangers is not what refuses it.
  archon = await Archon.start({ settings: { ARCHON_TRUSTED_PROXIES: '127.0.0.1' } });
  secrets = await TokenSecrets.of(archon);
});
afterAll(() => archon?.dispose());

const claims = (changed: JWTPayload = {}): JWTPayload => ({
  typ: 'AccessToken',
  jti: randomUUID(),
  sub: 'admin',
  iss: 'archon',
  aud: 'archon-api',
  iat: now(),
  exp: now() + 600,
  ...changed,
});

/** A token that is wrong in nothing but what is given: signed with Archon's own key unless another is named. */
const jwt = (payload: JWTPayload, header: object = {}, key: KeyObject = secrets.privateKey): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: secrets.kid, ...header }).sign(key);

/** The same for headers and payloads that no library would write: the text is signed as it is, with RS256. */
function rawJwt(header: unknown, payload: unknown, key: KeyObject = secrets.privateKey): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createSign('sha256').update(signed).sign(key).toString('base64url')}`;
}

const ownHeader = () => ({ alg: 'RS256', kid: secrets.kid });

function hmac(algorithm: 'sha256' | 'sha384' | 'sha512', alg: string, secret: string | Buffer): string {
  const signed = `${encode({ ...ownHeader(), alg })}.${encode(claims())}`;
  return `${signed}.${createHmac(algorithm, secret).update(signed).digest('base64url')}`;
}

async function parts(payload = claims()): Promise<[string, string, string]> {
  const [header = '', body = '', signature = ''] = (await jwt(payload)).split('.');
  return [header, body, signature];
}

/** The answer to a token that the database knows: nothing but the token itself can be wrong. */
async function attempt(token: string, id?: string): Promise<{ status: number; text: string }> {
  await secrets.store(token, id ?? jtiOf(token));
  requests++;
  const from = `10.${(requests >> 8) & 255}.${requests & 255}.1`;
  return archon.client.as(undefined).get(PATH, { authorization: `Bearer ${token}`, 'x-forwarded-for': from });
}

function jtiOf(token: string): string {
  try {
    const { jti } = JSON.parse(decode(token.split('.')[1] ?? '')) as { jti?: unknown };
    return typeof jti === 'string' && /^[0-9a-f-]{36}$/.test(jti) ? jti : randomUUID();
  } catch {
    return randomUUID();
  }
}

const SHAPES: [string, () => string | Promise<string>][] = [
  ['alg none, no signature', () => `${encode({ ...ownHeader(), alg: 'none' })}.${encode(claims())}.`],
  ['alg none, some signature', () => `${encode({ ...ownHeader(), alg: 'none' })}.${encode(claims())}.c2ln`],
  ['alg None', () => `${encode({ ...ownHeader(), alg: 'None' })}.${encode(claims())}.`],
  ['alg NONE', () => `${encode({ ...ownHeader(), alg: 'NONE' })}.${encode(claims())}.`],
  [
    'alg nOnE with a good signature of other content',
    async () => `${encode({ ...ownHeader(), alg: 'nOnE' })}.${encode(claims())}.${(await parts())[2]}`,
  ],
  ['no alg', () => rawJwt({ kid: secrets.kid }, claims())],
  ['alg null', () => rawJwt({ ...ownHeader(), alg: null }, claims())],
  ['alg as a list', () => rawJwt({ ...ownHeader(), alg: ['RS256'] }, claims())],
  ['alg rs256 in lower case', () => rawJwt({ ...ownHeader(), alg: 'rs256' }, claims())],
  ['alg of a prototype', () => rawJwt({ ...ownHeader(), alg: 'constructor' }, claims())],
  ['HS256 with the RSA public key (PEM)', () => hmac('sha256', 'HS256', secrets.publicKey)],
  ['HS256 with the RSA public key without its last line break', () => hmac('sha256', 'HS256', secrets.publicKey.trimEnd())],
  [
    'HS256 with the RSA public key (DER)',
    () => hmac('sha256', 'HS256', createPublicKey(secrets.publicKey).export({ type: 'spki', format: 'der' })),
  ],
  [
    'HS256 with the RSA public key (JWK)',
    () => hmac('sha256', 'HS256', JSON.stringify(createPublicKey(secrets.publicKey).export({ format: 'jwk' }))),
  ],
  ['HS384 with the RSA public key', () => hmac('sha384', 'HS384', secrets.publicKey)],
  ['HS512 with the RSA public key', () => hmac('sha512', 'HS512', secrets.publicKey)],
  ['HS256 with an empty secret', () => hmac('sha256', 'HS256', '')],
  ['HS256 with the key id as secret', () => hmac('sha256', 'HS256', secrets.kid)],
  [
    'an HMAC under the header RS256',
    () => {
      const signed = `${encode(ownHeader())}.${encode(claims())}`;
      return `${signed}.${createHmac('sha256', secrets.publicKey).update(signed).digest('base64url')}`;
    },
  ],
  ['PS256 with the right key', () => jwt(claims(), { alg: 'PS256' })],
  ['RS384 with the right key', () => jwt(claims(), { alg: 'RS384' })],
  ['RS512 with the right key', () => jwt(claims(), { alg: 'RS512' })],
  [
    'a PSS signature under the header RS256',
    () => {
      const signed = `${encode(ownHeader())}.${encode(claims())}`;
      const signature = sign('sha256', Buffer.from(signed), { key: secrets.privateKey, padding: 6, saltLength: 32 });
      return `${signed}.${signature.toString('base64url')}`;
    },
  ],
  ['an RS256 signature under the header PS256', () => rawJwt({ ...ownHeader(), alg: 'PS256' }, claims())],
  [
    'ES256 with a key of the attacker',
    () => jwt(claims(), { alg: 'ES256' }, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  ],
  ['EdDSA with a key of the attacker', () => jwt(claims(), { alg: 'EdDSA' }, generateKeyPairSync('ed25519').privateKey)],
  ['another RSA key under the right key id', () => jwt(claims(), {}, foreign.privateKey)],
  ['CVE-2025-24976: an embedded jwk under the right key id', () => jwt(claims(), { jwk: foreignJwk }, foreign.privateKey)],
  ['an embedded jwk under its own key id', () => jwt(claims(), { kid: 'mine', jwk: { ...foreignJwk, kid: 'mine' } }, foreign.privateKey)],
  ['an embedded jwk beside a good signature', () => jwt(claims(), { jwk: foreignJwk })],
  ['jku of the attacker', () => jwt(claims(), { jku: 'https://example.org/jwks.json' }, foreign.privateKey)],
  ['jku beside a good signature', () => jwt(claims(), { jku: 'https://example.org/jwks.json' })],
  ['x5u of the attacker', () => jwt(claims(), { x5u: 'https://example.org/chain.pem' }, foreign.privateKey)],
  [
    'x5c of the attacker',
    () => jwt(claims(), { x5c: [foreign.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }, foreign.privateKey),
  ],
  ['x5t beside a good signature', () => jwt(claims(), { x5t: 'dGh1bWI' })],
  ['crit that nobody understands', () => rawJwt({ ...ownHeader(), crit: ['exp'], exp: now() + 600 }, claims())],
  ['b64 false', () => rawJwt({ ...ownHeader(), b64: false }, claims())],
  ['kid of a file', () => jwt(claims(), { kid: '../../../../dev/null' })],
  ['kid of a file, encoded', () => jwt(claims(), { kid: '..%2f..%2fdev%2fnull' })],
  ['kid with SQL', () => jwt(claims(), { kid: "' or true --" })],
  ['kid of a prototype', () => jwt(claims(), { kid: '__proto__' })],
  ['kid that is unknown', () => jwt(claims(), { kid: randomUUID() })],
  ['kid that is empty', () => jwt(claims(), { kid: '' })],
  ['kid in upper case', () => jwt(claims(), { kid: secrets.kid.toUpperCase().replace(/^[^A-F]*$/, 'A') })],
  ['kid as a list', () => rawJwt({ alg: 'RS256', kid: [secrets.kid] }, claims())],
  ['no kid', () => rawJwt({ alg: 'RS256' }, claims())],
  ['an empty signature', async () => `${(await parts()).slice(0, 2).join('.')}.`],
  ['no signature', async () => (await parts()).slice(0, 2).join('.')],
  ['a truncated signature', async () => (await jwt(claims())).slice(0, -8)],
  ['a longer signature', async () => `${await jwt(claims())}AAAA`],
  ['the signature of another token', async () => `${(await parts()).slice(0, 2).join('.')}.${(await parts())[2]}`],
  [
    'an altered payload under a good signature',
    async () => {
      const [header, , signature] = await parts();
      return `${header}.${encode(claims())}.${signature}`;
    },
  ],
  ['a signature of zeros', async () => `${(await parts()).slice(0, 2).join('.')}.${Buffer.alloc(256).toString('base64url')}`],
  [
    'other bits where base64url leaves some over',
    async () => {
      const token = await jwt(claims());
      const last = token.at(-1) ?? '';
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      return token.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? '');
    },
  ],
  ['padding', async () => `${await jwt(claims())}==`],
  [
    'the alphabet of plain base64',
    async () => {
      let token: string;
      do token = await jwt(claims({ nonce: randomUUID() }));
      while (!/[-_]/.test(token.split('.')[2] ?? ''));
      const [header, payload, signature = ''] = token.split('.');
      return `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`;
    },
  ],
  ['a fourth part', async () => `${await jwt(claims())}.x`],
  ['five parts, as an encrypted token has', () => [ownHeader(), {}, {}, {}, {}].map(encode).join('.')],
  ['a dot more in front', async () => `.${await jwt(claims())}`],
  ['another type: Session', () => jwt(claims({ typ: 'Session' }))],
  ['another type: accesstoken', () => jwt(claims({ typ: 'accesstoken' }))],
  ['a type that is a list', () => rawJwt(ownHeader(), { ...claims(), typ: ['AccessToken'] })],
  ['no type', () => jwt(claims({ typ: undefined }))],
  ['another issuer', () => jwt(claims({ iss: 'https://example.org' }))],
  ['no issuer', () => jwt(claims({ iss: undefined }))],
  ['issuers as a list', () => rawJwt(ownHeader(), { ...claims(), iss: ['archon'] })],
  ['an issuer with a blank', () => jwt(claims({ iss: 'archon ' }))],
  ['an issuer in full-width letters', () => jwt(claims({ iss: 'ａrchon' }))],
  ['another audience', () => jwt(claims({ aud: 'registry' }))],
  ['no audience', () => jwt(claims({ aud: undefined }))],
  ['an audience that begins alike', () => jwt(claims({ aud: 'archon-api-2' }))],
  ['expired', () => jwt(claims({ exp: now() - 60 }))],
  ['no expiry', () => jwt(claims({ exp: undefined }))],
  ['expiry as text', () => rawJwt(ownHeader(), { ...claims(), exp: String(now() + 600) })],
  ['expiry null', () => rawJwt(ownHeader(), { ...claims(), exp: null })],
  ['not yet valid', () => jwt(claims({ nbf: now() + 600 }))],
  ['nbf as text', () => rawJwt(ownHeader(), { ...claims(), nbf: 'now' })],
  ['no id', () => jwt(claims({ jti: undefined }))],
  ['an id with SQL', () => jwt(claims({ jti: "' or true --" }))],
  ['an id in upper case', () => jwt(claims({ jti: 'ABCDEFAB-CDEF-4BCD-8EFA-ABCDEFABCDEF' }))],
  ['an id as a number', () => rawJwt(ownHeader(), { ...claims(), jti: 1 })],
  ['a subject that is no text', () => rawJwt(ownHeader(), { ...claims(), sub: { name: 'admin' } })],
  ['a duplicate alg: none first', () => rawJwt(`{"alg":"none","kid":"${secrets.kid}","alg":"PS256"}`, claims())],
  ['a duplicate type, the last one another', () => rawJwt(ownHeader(), JSON.stringify(claims()).replace(/}$/, ',"typ":"Session"}'))],
  ['a duplicate expiry, the last one past', () => rawJwt(ownHeader(), JSON.stringify(claims()).replace(/}$/, ',"exp":1}'))],
  ['a header that is a list', () => rawJwt([ownHeader()], claims())],
  ['a header that is null', () => rawJwt('null', claims())],
  ['a header that is no JSON', () => rawJwt('{alg:RS256}', claims())],
  ['a payload that is a list', () => rawJwt(ownHeader(), [claims()])],
  ['a payload that is text', () => rawJwt(ownHeader(), '"admin"')],
  ['a nested JWT', async () => rawJwt({ ...ownHeader(), cty: 'JWT' }, await jwt(claims()))],
  ['a nested JWT as text of JSON', async () => rawJwt(ownHeader(), JSON.stringify(await jwt(claims())))],
  ['the header of another good token', async () => `${encode({ ...ownHeader(), typ: 'JWT' })}.${(await parts()).slice(1).join('.')}`],
  [
    'header and payload in each other’s place',
    async () => {
      const [header, payload, signature] = await parts();
      return `${payload}.${header}.${signature}`;
    },
  ],
];

describe('T28 forged tokens', () => {
  it('would be let in if nothing were wrong with them', async () => {
    expect((await attempt(await jwt(claims()))).status).toBe(200);
    expect((await attempt(rawJwt({ ...ownHeader(), typ: 'JWT' }, claims()))).status).toBe(200);
  });

  it.each(SHAPES)('%s: 401 in the same words as without a token', async (_, make) => {
    const answer = await attempt(await make());
    const anonymous = await archon.client.as(undefined).get(PATH, { 'x-forwarded-for': '192.0.2.1' });
    expect([answer.status, answer.text]).toEqual([401, anonymous.text]);
    expect(anonymous.body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
  });

  it.each([
    ['T27 a good JWT without a row', () => jwt(claims())],
    [
      'T27 a row that has ended',
      async () => {
        const token = await jwt(claims());
        await secrets.store(token, jtiOf(token), -1);
        return token;
      },
    ],
    [
      'T27 a known id and a good signature, but another text',
      async () => {
        const payload = claims();
        await secrets.store(await jwt(payload), String(payload.jti));
        return jwt({ ...payload, more: true });
      },
    ],
  ])('%s: 401', async (_, make) => {
    const authorization = `Bearer ${await make()}`;
    expect((await archon.client.as(undefined).get(PATH, { authorization, 'x-forwarded-for': '192.0.2.2' })).status).toBe(401);
  });

  it.each([
    ['a line break', (token: string) => `Bearer ${token}\r\n x`],
    ['two blanks', (token: string) => `Bearer  ${token}`],
    ['a tab', (token: string) => `Bearer\t${token}`],
    ['a blank inside', (token: string) => `Bearer ${token.slice(0, 20)} ${token.slice(20)}`],
    ['quotes', (token: string) => `Bearer "${token}"`],
    ['two tokens', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['a null byte', (token: string) => `Bearer ${token}\0`],
    ['letters beyond ASCII', (token: string) => `Bearer ${token}\u00e9`],
    ['no scheme', (token: string) => token],
    ['another scheme', (token: string) => `Token ${token}`],
  ])('a good token with %s in its header is not let in', async (_, write) => {
    const { text } = await archon.client.raw(
      `GET ${PATH} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 192.0.2.3\r\nauthorization: ${write(archon.token)}\r\nconnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 40[01] /);
  });

  it('T30 CVE-2026-125370 a role in the claims has no effect', async () => {
    const jane = await archon.as('jane@example.org');
    const { body } = await jane.post<{ id: string }>(PATH, { description: 'to be forged' });
    const token = await jwt(claims({ jti: body.id, role: 'admin', groups: ['acp:platform:administrator'], isAdministrator: true }));
    await secrets.store(token, body.id);
    await archon.database.query("update access_tokens set user_name = 'jane@example.org' where id = $1", [body.id]);
    expect((await archon.client.as(token).get('/auth/v1/users')).status).toBe(403);
    accept({ row: 'T30', what: 'roles in the claims of a token', volume: '1 token', result: 'no effect' });
  });

  it('S-7 no mutation of a good token is let in', { timeout: 600_000 }, async () => {
    const [count, chosen] = [volume({ ci: 1000, nightly: 10_000 }), seed()];
    const choices = random(chosen);
    const payload = claims({ exp: now() + 86_400 });
    const token = await jwt(payload);
    const accepted: string[] = [];
    for (let i = 0; i < count; i++) {
      const mutated = mutate(token, choices);
      if (mutated === token || !/^[\x21-\x7e]+$/.test(mutated)) continue;
      const { status } = await attempt(mutated, String(payload.jti));
      if (status !== 401) accepted.push(`${status} ${mutated}`);
    }
    expect(accepted, `seed ${chosen}`).toEqual([]);
    expect((await attempt(token, String(payload.jti))).status).toBe(200);
    accept({
      row: 'S-7',
      what: 'forged, expired and altered tokens',
      volume: `${SHAPES.length} shapes, ${count} mutations`,
      result: '0 accepted',
      seed: chosen,
    });
  });
});

/** Changes bits, letters, claims or parts of a token; now and then nothing. */
function mutate(token: string, random: Random): string {
  const parts = token.split('.');
  const which = random.below(3);
  const part = parts[which] ?? '';
  const replaced = (text: string) => parts.map((old, index) => (index === which ? text : old)).join('.');
  const at = random.below(part.length);
  const bytes = Buffer.from(part, 'base64url');
  switch (random.below(9)) {
    case 0: {
      const place = random.below(bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
      return replaced(bytes.toString('base64url'));
    }
    case 1:
      return replaced(part.slice(0, at) + random.of('ABCDEFabcdef0189-_.+/='.split('')) + part.slice(at + 1));
    case 2:
      return replaced(part.slice(0, at) + part.slice(at + 1));
    case 3:
      return replaced(part.slice(0, at) + random.of('Aa0-_'.split('')) + part.slice(at));
    case 4:
      return replaced(part.slice(0, at));
    case 5:
      return random.of([
        parts.toReversed().join('.'),
        `${token}.${part}`,
        parts.slice(0, 2).join('.'),
        token.toUpperCase(),
        token.toLowerCase(),
      ]);
    case 6: {
      const header = {
        ...(JSON.parse(decode(parts[0] ?? '')) as object),
        [random.of(['alg', 'kid', 'jwk', 'jku', 'zip', 'crit'])]: random.of(['none', 'HS256', '', null, {}, ['exp']]),
      };
      return [encode(header), parts[1], parts[2]].join('.');
    }
    case 7: {
      const payload = {
        ...(JSON.parse(decode(parts[1] ?? '')) as object),
        [random.of(['sub', 'exp', 'typ', 'iss', 'aud', 'more'])]: random.of(['root', 4_102_444_800, 'Session', null, []]),
      };
      return [parts[0], encode(payload), parts[2]].join('.');
    }
    default:
      return replaced(encode(decode(part) + random.of([' ', '\n', '\u0000', '{}'])));
  }
}
