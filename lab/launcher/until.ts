import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `probe` until it answers something, every 50 ms. Throws when `timeoutMs` have passed, with the last failure of the probe as cause;
 * a probe that must not be repeated throws a Fatal.
 */
export async function until<T>(what: string, timeoutMs: number, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  let cause: unknown;
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(50)) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      cause = undefined;
    } catch (failure) {
      if (failure instanceof Fatal) throw failure;
      cause = failure;
    }
  }
  throw new Error(`${what}: not within ${timeoutMs / 1000} s`, { cause });
}

/** What no waiting mends. */
export class Fatal extends Error {}
