import { ApiError } from '#errors';

/** Retries may add this share to the load of a cluster, and a few at a time more: what is ailing must not be asked twice as often. */
const SHARE = 0.1;
const BURST = 10;

/** A token bucket per cluster: each call pays in, each retry takes out (as Finagle's RetryBudget). */
export class RetryBudget {
  private tokens = BURST;

  /** A call that is no retry. */
  called(): void {
    this.tokens = Math.min(BURST, this.tokens + SHARE);
  }

  /** True when a retry is covered, which it then has used up. */
  take(): boolean {
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

const MOST_RETRIES = 2;
/** A cluster that wants more than this is not waited for: the caller decides. */
const LONGEST_WAIT_MS = 2000;
const FIRST_WAIT_MS = 100;

/**
 * How long to wait before a read is sent again after its `attempt`th failure (1 is the first); undefined: not again. `wasClosed`: a kept
 * connection turned out to be closed. The waits have full jitter; `random` is from 0 to 1. RFC 9110 §10.2.3 Retry-After is honoured.
 */
export function retryDelay(failure: unknown, wasClosed: boolean, attempt: number, random: number): number | undefined {
  if (attempt > MOST_RETRIES) return undefined;
  if (wasClosed) return attempt === 1 ? 0 : random * FIRST_WAIT_MS * attempt;
  if (!(failure instanceof ApiError) || (failure.code !== 429 && failure.code !== 503)) return undefined;
  const asked = (failure.details?.retryAfterSeconds ?? 0) * 1000;
  return asked > LONGEST_WAIT_MS ? undefined : asked + random * FIRST_WAIT_MS * 2 ** attempt;
}
