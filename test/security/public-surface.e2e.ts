import { readFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { accept, seed, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { ArchonClient } from '../support/http-client.js';
import { random } from '../support/random.js';
import { rawUpgrade, statusOf } from '../support/raw-request.js';

const NOTHING = '6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52';
const document = parse(readFileSync(path.join(import.meta.dirname, '../../openapi/archon.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, object>>;
};
const paths = Object.keys(document.paths).map((template) => template.replaceAll(/\{[^}]+\}/g, NOTHING));

let archon: Archon;
let anonymous: ArchonClient;
let caPem: string;
let networks = 0;

beforeAll(async () => {
  // Each request comes from a network of its own, so that the limit on strangers is not what refuses it.
  archon = await Archon.start({ settings: { ARCHON_TRUSTED_PROXIES: '127.0.0.1' } });
  caPem = readFileSync(path.join(archon.state, 'tls', 'ca.crt'), 'utf8');
  anonymous = new ArchonClient({ url: archon.client.url, caPem });
});
afterAll(async () => {
  await anonymous?.close();
  await archon?.dispose();
});

const elsewhere = () => `10.${(++networks >> 8) & 255}.${networks & 255}.1`;

it('T25: an upgrade without a credential is answered with 401 or 404 and ended within a second, on every route and on others', {
  timeout: 120_000,
}, async () => {
  const from = seed();
  const choices = random(from);
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789-._~'.split('');
  const segment = () => Array.from({ length: 1 + choices.below(12) }, () => choices.of(letters)).join('');
  const others = Array.from({ length: 100 }, () =>
    choices
      .of(['', '/kubernetes/c1', '/acp/v1', '/auth/v1', '/apis', '/api-gateway'])
      .concat(...Array.from({ length: 1 + choices.below(5) }, () => `/x${segment()}`)),
  );
  let slowest = 0;
  for (const target of [...paths, ...others]) {
    const begin = performance.now();
    const answer = await archon.client.raw(rawUpgrade(target, { headers: [`X-Forwarded-For: ${elsewhere()}`] }), { timeoutMs: 5000 });
    slowest = Math.max(slowest, performance.now() - begin);
    expect([answer.closed, [401, 404].includes(statusOf(answer))], `${target} ${statusOf(answer)}, seed ${from}`).toEqual([true, true]);
  }
  expect(slowest).toBeLessThan(1000);
  accept({
    row: 'T25',
    what: 'upgrades without a credential',
    volume: `${paths.length} routes, ${others.length} other paths`,
    result: `401 or 404, ended within ${Math.round(slowest)} ms`,
    seed: from,
  });
});

it('T82: HTTP/2 is not spoken, whether it is offered or begun', async () => {
  const { port } = new URL(archon.client.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', ca: caPem, ALPNProtocols: ['h2', 'http/1.1'] });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  expect(socket.alpnProtocol).not.toBe('h2');
  socket.destroy();
  const answer = await archon.client.raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', { timeoutMs: 5000 });
  expect([answer.closed, statusOf(answer)]).toEqual([true, 400]);
});

const FIELDS: Record<string, string[]> = {
  '/auth/v1/login': ['username', 'password', 'newPassword'],
  '/auth/v1/token': ['grant_type', 'refresh_token', 'device_code', 'code', 'subject_token', 'client_id'],
  [`/auth/v1/oidc/${NOTHING}/device`]: ['client_id', 'scope'],
};
const ODD = ['', '\0', '__proto__', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code', '💥'.repeat(50), 'x'.repeat(5000)];

it.each(Object.entries(FIELDS))(
  'T80: %s answers whatever is sent as its body, and never with 5xx',
  { timeout: 900_000 },
  async (url, fields) => {
    // A tenth of the catalogue's 100,000 at night: three routes, and a body that gets as far as a password costs 30 ms.
    const [count, from] = [volume({ ci: 1000, nightly: 10_000 }), seed()];
    const value = fc.oneof(fc.constantFrom<unknown>(...ODD), fc.jsonValue({ maxDepth: 4 }), fc.bigInt().map(String), fc.double());
    const field = fc.oneof(fc.constantFrom(...fields, '__proto__', 'constructor', 'toString', 'length'), fc.string());
    const bodies = fc.oneof(
      fc.array(fc.tuple(field, value), { maxLength: 8 }).map((pairs) => JSON.stringify(Object.fromEntries(pairs))),
      fc.jsonValue().map((any) => JSON.stringify(any)),
      fc.string({ maxLength: 200 }),
      // Well-formed but for one place.
      fc
        .tuple(fc.nat(80), fc.constantFrom('{', '}', '"', ',', '\\', '\0', '1e999', '\ud800'))
        .map(([at, text]) =>
          JSON.stringify(Object.fromEntries(fields.map((name) => [name, 'a value']))).replace(RegExp(`(?<=^.{${at}}).`), text),
        ),
    );
    const statuses: Record<number, number> = {};
    for (const body of fc.sample(bodies, { numRuns: count, seed: from })) {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': elsewhere() };
      const { status, text } = await anonymous.post(url, body, headers);
      statuses[status] = (statuses[status] ?? 0) + 1;
      expect(status >= 400 && status < 500, `${status} ${body} ${text}, seed ${from}`).toBe(true);
    }
    expect(archon.isRunning).toBe(true);
    expect((await anonymous.get('/livez')).text).toBe('ok');
    accept({
      row: 'T80',
      what: `bodies of ${url.replace(NOTHING, '{provider}')}`,
      volume: `${count} bodies`,
      result: JSON.stringify(statuses),
      seed: from,
    });
  },
);
