import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** 10 seconds when absent. */
  timeoutMs?: number;
  /** Pause between two tries; 20 ms when absent. */
  intervalMs?: number;
  /** What is awaited, for the message: "the Pod to be ready". */
  what: string;
}

/**
 * Calls `condition` until it neither throws nor gives undefined, null or false, and returns what it gave. A call that hangs is not
 * waited for past the deadline. Throws on the deadline; the last error is named in the message and is the `cause`.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 20, what }: EventuallyOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  let calls = 0;
  while (performance.now() < deadline || calls === 0) {
    calls++;
    try {
      const value = await before(deadline, condition);
      if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await sleep(Math.max(0, Math.min(intervalMs, deadline - performance.now())));
  }
  const reason = lastError instanceof Error ? `: ${lastError.message}` : '';
  throw new Error(`waited ${timeoutMs} ms (${calls} tries) for ${what}${reason}`, { cause: lastError });
}

async function before<T>(deadline: number, condition: () => T | Promise<T>): Promise<T> {
  const done = new AbortController();
  const remainingMs = Math.max(1, deadline - performance.now());
  const late = sleep(remainingMs, undefined, { signal: done.signal }).then(() => {
    throw new Error('the last try did not end in time');
  });
  try {
    return await Promise.race([condition(), late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}
