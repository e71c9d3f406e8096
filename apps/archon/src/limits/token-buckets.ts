interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * A token bucket for each key, at most `maxKeys` of them: the one that was used longest ago goes first. A key that is new, or was
 * forgotten, has a full bucket. All times come from the caller, in milliseconds.
 */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly limits: { capacity: number; perSecond: number; maxKeys: number }) {}

  /** Takes one token; below zero down to minus the capacity, so that whoever goes on regardless waits longer. */
  take(key: string, nowMs: number): void {
    const tokens = Math.max(this.tokens(key, nowMs) - 1, -this.limits.capacity);
    this.buckets.delete(key);
    this.buckets.set(key, { tokens, atMs: nowMs });
    if (this.buckets.size > this.limits.maxKeys) this.buckets.delete(this.buckets.keys().next().value ?? '');
  }

  isEmpty(key: string, nowMs: number): boolean {
    return this.buckets.has(key) && this.tokens(key, nowMs) < 1;
  }

  get size(): number {
    return this.buckets.size;
  }

  private tokens(key: string, nowMs: number): number {
    const { capacity, perSecond } = this.limits;
    const bucket = this.buckets.get(key);
    return bucket === undefined ? capacity : Math.min(capacity, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
  }
}
