import { describe, expect, it } from 'vitest';
import { eventually } from './wait-for.js';

describe('eventually', () => {
  it('returns the first value that is neither undefined, null nor false', async () => {
    const values = [undefined, null, false, 0];
    expect(await eventually(() => values.shift(), { what: 'a value', intervalMs: 1 })).toBe(0);
  });

  it('tries again after an error', async () => {
    let calls = 0;
    const value = await eventually(() => (++calls < 3 ? Promise.reject(new Error('not yet')) : 'ready'), {
      what: 'readiness',
      intervalMs: 1,
    });
    expect([value, calls]).toEqual(['ready', 3]);
  });

  it('says on the deadline what it waited for and why the last try failed', async () => {
    const failing = eventually(() => Promise.reject(new Error('connection refused')), { what: 'the server', timeoutMs: 30, intervalMs: 5 });
    await expect(failing).rejects.toThrow(/waited 30 ms \(\d+ tries\) for the server: connection refused/);
  });

  it('does not wait for a try that hangs', async () => {
    const startedAt = performance.now();
    await expect(eventually(() => new Promise<never>(() => undefined), { what: 'nothing', timeoutMs: 30 })).rejects.toThrow('nothing');
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
