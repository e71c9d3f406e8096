import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept, seed, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { ArchonClient } from '../support/http-client.js';
import { random, type Random } from '../support/random.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';

const APPLICATIONS = '/acp/v1/kubernetes/rec/namespaces/default/applications';
const [JSON_TYPE, YAML_TYPE] = ['application/json', 'application/yaml'];
const COUNT = volume({ ci: 500, nightly: 20_000 });
/** Of all threads of Archon, on average. */
const MAX_CPU_MS = 50;
const LEVELS = 'abcdefghi'.split('');

let archon: Archon;
let cluster: RecordingApiServer;
/** Doesn't compare answers with the OpenAPI document, which doesn't describe what no client should send. */
let client: ArchonClient;
beforeAll(async () => {
  archon = await Archon.start();
  cluster = await startRecordedCluster(archon, 'rec');
  const caPem = await readFile(`${archon.state}/tls/ca.crt`, 'utf8');
  client = new ArchonClient({ url: archon.client.url, caPem, token: archon.token });
});
afterAll(async () => {
  await client?.close();
  await archon?.dispose();
  await cluster?.close();
});

const nested = (open: string, close: string, depth: number, inside = '1') => `${open.repeat(depth)}${inside}${close.repeat(depth)}`;
const list = (count: number, item: (i: number) => string, separator = ',') =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);
const text = (pick: Random, length: number) => list(length, () => String.fromCharCode(97 + pick.below(26)), '');
const POISON = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

/** Kinds of bombs, each with a size or place that a seed decides. Bodies have at most 1 MB: many small ones are what an attacker would send. */
const YAML_BOMBS: Record<string, (pick: Random) => string> = {
  'aliases of aliases': (pick) =>
    LEVELS.map((c, i) => `${c}: &${c} [${list(2 + pick.below(9), () => (i === 0 ? 'x' : `*${LEVELS[i - 1]}`))}]`).join('\n'),
  'many aliases of one big list': (pick) => `a: &a [${list(1000 + pick.below(9000), () => 'x')}]\nb: [${list(99, () => '*a')}]`,
  'merge keys of merge keys': (pick) =>
    `a0: &a0 {k: 1}\n${list(60 + pick.below(300), (i) => `a${i + 1}: &a${i + 1} {<<: [*a${i}, *a0], k${i}: 1}`, '\n')}`,
  'a mapping in itself': () => 'a: &a\n  b: *a\n',
  'deep flow lists': (pick) => nested('[', ']', 65 + pick.below(100_000)),
  'deep flow mappings': (pick) => nested('{a: ', '}', 65 + pick.below(20_000)),
  'deep blocks': (pick) => list(65 + pick.below(600), (i) => `${' '.repeat(i)}a:`, '\n'),
  'deep sequences on one line': (pick) => `${'- '.repeat(65 + pick.below(20_000))}x`,
  'flow left open': (pick) => '['.repeat(1 + pick.below(50_000)),
  'values without end': (pick) => `[${list(100_001 + pick.below(200_000), () => '1')}]`,
  'keys without end': (pick) => list(10_001 + pick.below(20_000), (i) => `k${i}: 1`, '\n'),
  'the same key again': (pick) => `${list(1 + pick.below(3000), (i) => `k${i}: 1`, '\n')}\nk0: 2`,
  'poisoned keys': (pick) => `${nested('{a: ', '}', pick.below(5), `{${pick.of(POISON)}: {polluted: yes}}`)}`,
  'foreign tags': (pick) =>
    `a: ${pick.of(['!!js/function', '!!python/object', '!<tag:x>', '!!binary', '!!set', '!!omap', '!!timestamp'])} "x"`,
  'a long anchor': (pick) => `a: &${text(pick, 1 + pick.below(100_000))} 1`,
  'many documents': (pick) => list(100 + pick.below(4000), (i) => `---\na: ${i}`, '\n'),
  'a long number': (pick) => `a: ${'9'.repeat(1 + pick.below(100_000))}`,
  'an endless quoted text': (pick) => `a: "${'\\u0041'.repeat(1 + pick.below(20_000))}`,
  'a block text with strange indentation': (pick) => `a: |${pick.below(9) + 1}\n${list(2000, (i) => `${' '.repeat(i % 9)}x`, '\n')}`,
  'comments without end': (pick) => list(1 + pick.below(20_000), () => '#', '\n'),
  directives: (pick) => `${list(1 + pick.below(2000), (i) => `%TAG !e${i}! tag:x,2000:`, '\n')}\n---\na: 1`,
  'bytes that are no text': (pick) => list(1 + pick.below(2000), () => String.fromCharCode(pick.below(0xd800)), ''),
};
const JSON_BOMBS: Record<string, (pick: Random) => string> = {
  'deep lists': (pick) => nested('[', ']', 65 + pick.below(400_000)),
  'deep objects': (pick) => nested('{"a":', '}', 65 + pick.below(150_000)),
  'lists left open': (pick) => '['.repeat(1 + pick.below(500_000)),
  'values without end': (pick) => `[${list(100_001 + pick.below(300_000), () => '1')}]`,
  'keys without end': (pick) => `{${list(10_001 + pick.below(50_000), (i) => `"k${i}":1`)}}`,
  'keys like indices': (pick) => `{${list(10_001 + pick.below(50_000), (i) => `"${i * 65_536}":1`)}}`,
  'the same key again': (pick) => `{${list(1 + pick.below(5000), (i) => `"k${i}":1`)},"k0":2}`,
  'poisoned keys': (pick) => nested('{"a":', '}', pick.below(5), `{"${pick.of(POISON)}":{"polluted":true}}`),
  'an escaped poisoned key': () => '{"\\u005f\\u005fproto\\u005f\\u005f":{"polluted":true}}',
  'a long number': (pick) => `{"a":${'9'.repeat(1 + pick.below(500_000))}}`,
  'a huge exponent': (pick) => `{"a":1e${1 + pick.below(1_000_000)}}`,
  comments: (pick) => `${'/**/'.repeat(1 + pick.below(10_000))}{}`,
  'half a surrogate': (pick) => `{"a":"${'\\ud800'.repeat(1 + pick.below(10_000))}"}`,
  'text behind the end': (pick) => `{}${text(pick, 1 + pick.below(1000))}`,
};
const QUERY_BOMBS: Record<string, (pick: Random) => string> = {
  'thousands of parameters': (pick) => list(1 + pick.below(1500), (i) => `a${i}=1`, '&'),
  brackets: (pick) => `a${'[x]'.repeat(1 + pick.below(3000))}=1`,
  'poisoned names': (pick) => `${pick.of(POISON)}[polluted]=1&a.${pick.of(POISON)}.polluted=1`,
  'broken escapes': (pick) => `a=${'%'.repeat(1 + pick.below(3000))}`,
  'the same name again': (pick) => list(1 + pick.below(3000), () => 'limit=1', '&'),
};

/** User and system time of all threads of a process so far, in milliseconds; Linux counts it in hundredths of a second. */
async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

it('S-13 T71 T73 T74 T75 T78: bombs in YAML, JSON and queries are refused cheaply, and poison nothing', {
  timeout: 120_000 + COUNT * 60,
}, async () => {
  const number = seed();
  const pick = random(number);
  const senders = [
    ...Object.entries(YAML_BOMBS).map(([name, make]) => ({
      name: `YAML: ${name}`,
      send: () => client.post(APPLICATIONS, make(pick), { 'content-type': YAML_TYPE }),
    })),
    ...Object.entries(JSON_BOMBS).map(([name, make]) => ({
      name: `JSON: ${name}`,
      send: () => client.post(APPLICATIONS, make(pick), { 'content-type': JSON_TYPE }),
    })),
    ...Object.entries(QUERY_BOMBS).map(([name, make]) => ({
      name: `query: ${name}`,
      send: () => client.get(`/acp/v1/operations?${make(pick)}`),
    })),
  ];
  const [served, before] = [cluster.requests.length, await cpuMs(archon.pid)];
  const failures: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const { name, send } = senders[i % senders.length] as (typeof senders)[number];
    const { status, text: body } = await send();
    // A query that nobody reads is no fault; a body that is not an application always is.
    if (status >= 500 || (status < 400 && !name.startsWith('query'))) failures.push(`${name}: ${status} ${body.slice(0, 200)}`);
  }
  const perBombMs = ((await cpuMs(archon.pid)) - before) / COUNT;
  expect(failures, `seed ${number}`).toEqual([]);
  expect(
    cluster.requests.slice(served).filter(({ method }) => method !== 'GET'),
    `seed ${number}`,
  ).toEqual([]);
  expect(perBombMs, `seed ${number}`).toBeLessThanOrEqual(MAX_CPU_MS);
  expect((await client.get('/livez')).text).toBe('ok');
  accept({
    row: 'S-13',
    what: 'YAML, JSON and query bombs, prototype keys',
    volume: `${COUNT} requests`,
    result: `0 accepted, 0 5xx, ${perBombMs.toFixed(1)} ms CPU each`,
    seed: number,
  });
});

describe('a long body', () => {
  const manifests = (count: number) =>
    list(count, (i) => `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${i}}\ndata: {k: "${'x'.repeat(100)}"}\n`, '');

  it('is read beside the event loop: others do not wait for it', async () => {
    const long = manifests(9000); // about a second of work
    let slowest = 0;
    let reading = true;
    const sent = Promise.all(Array.from({ length: 3 }, () => client.post(APPLICATIONS, long, { 'content-type': YAML_TYPE }))).finally(
      () => (reading = false),
    );
    while (reading) {
      const begin = performance.now();
      await client.get('/livez');
      slowest = Math.max(slowest, performance.now() - begin);
    }
    const codes = (await sent).map(({ status }) => status);
    expect(codes.every((code) => code === 422 || code === 400)).toBe(true);
    expect(slowest).toBeLessThan(500);
  });

  it('is refused with 429 when too many wait', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => client.post<{ code: number }>(APPLICATIONS, manifests(2000), { 'content-type': YAML_TYPE })),
    );
    const codes = new Set(answers.map(({ status }) => status));
    expect(codes.has(429)).toBe(true);
    expect([...codes].every((code) => code < 500)).toBe(true);
    expect(answers.find(({ status }) => status === 429)?.headers['retry-after']).toBe('1');
    expect((await client.post(APPLICATIONS, manifests(2000), { 'content-type': YAML_TYPE })).status).not.toBe(429);
  });
});
