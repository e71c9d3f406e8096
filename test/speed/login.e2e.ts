import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept, seed, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';

const PASSWORD = 'correct horse battery staple';
const MAX_DIFFERENCE_MS = 5;
const MAX_T = 4.5;
// Of the catalogue's 100,000 at night what takes a few minutes: each login costs one Argon2id. A larger t would show at these, too.
const ROUNDS = volume({ ci: 150, nightly: 1500 });

let archon: Archon;

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_TRUSTED_PROXIES: '127.0.0.1' } });
  for (const name of ['wrong', 'locked', 'disabled'])
    await archon.client.post('/auth/v1/users', {
      spec: { email: `${name}@example.org`, password: PASSWORD, is_disabled: name === 'disabled' },
    });
});
afterAll(() => archon?.dispose());

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: number[]) => values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1);
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
/** Welch's t: how sure one can be that two means differ. */
const welch = (a: number[], b: number[]) => (mean(a) - mean(b)) / Math.sqrt(variance(a) / a.length + variance(b) / b.length);

it('S-20: a login takes as long for an unknown user, a wrong password, a locked and a disabled account', {
  timeout: 60_000 + ROUNDS * 800,
}, async () => {
  const anonymous = archon.client.as(undefined);
  const names = ['wrong', 'unknown', 'locked', 'disabled'];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  const lock = `account:${createHash('sha256').update('locked@example.org').digest('base64')}`;
  const began = seed();
  let state = began;
  for (let round = 0; round < ROUNDS; round++) {
    await archon.database.query('delete from login_failures');
    await archon.database.query(`insert into login_failures values ($1, 6, now() + interval '5 minutes')`, [lock]);
    // Another order each time, so that none always comes after the pause.
    for (const name of names.toSorted(() => ((state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % 2 === 0 ? 1 : -1))) {
      const body = { username: `${name}@example.org`, password: name === 'locked' ? PASSWORD : 'not the password' };
      const begin = performance.now();
      const { status } = await anonymous.post('/auth/v1/login', body);
      times.get(name)?.push(performance.now() - begin);
      expect(status).toBe(401);
    }
  }
  const wrong = times.get('wrong') ?? [];
  const found = names.slice(1).map((name) => {
    const [difference, t] = [median(times.get(name) ?? []) - median(wrong), welch(times.get(name) ?? [], wrong)];
    return { name, difference: Math.round(difference * 100) / 100, t: Math.round(t * 100) / 100 };
  });
  const result = found.map(({ name, difference, t }) => `${name} ${difference} ms (t ${t})`).join(', ');
  for (const { difference, t } of found) expect(Math.abs(difference) < MAX_DIFFERENCE_MS || Math.abs(t) < MAX_T, result).toBe(true);
  accept({ row: 'S-20', what: 'login: differences to a wrong password', volume: `${ROUNDS} of each`, result, seed: began });
});
