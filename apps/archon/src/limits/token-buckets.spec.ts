import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.js';

const make = (maxKeys = 10) => new TokenBuckets({ capacity: 3, perSecond: 2, maxKeys });
const drain = (buckets: TokenBuckets, key: string, times: number, nowMs = 0) => {
  for (let i = 0; i < times; i++) buckets.take(key, nowMs);
};

describe('TokenBuckets', () => {
  it('is empty after its capacity and has one more after the time that one takes', () => {
    const buckets = make();
    expect(buckets.isEmpty('a', 0)).toBe(false);
    drain(buckets, 'a', 2);
    expect(buckets.isEmpty('a', 0)).toBe(false);
    drain(buckets, 'a', 1);
    expect([0, 499, 500].map((ms) => buckets.isEmpty('a', ms))).toEqual([true, true, false]);
    expect(buckets.isEmpty('b', 0)).toBe(false);
  });

  it('makes those who go on wait longer, but not for ever', () => {
    const buckets = make();
    drain(buckets, 'a', 1000);
    expect([1999, 2000].map((ms) => buckets.isEmpty('a', ms))).toEqual([true, false]);
  });

  it('never holds more than its capacity', () => {
    const buckets = make();
    drain(buckets, 'a', 3, 0);
    drain(buckets, 'a', 2, 3_600_000);
    expect(buckets.isEmpty('a', 3_600_000)).toBe(false);
    drain(buckets, 'a', 1, 3_600_000);
    expect(buckets.isEmpty('a', 3_600_000)).toBe(true);
  });

  it('remembers a bounded number of keys, those used last', () => {
    const buckets = make(2);
    drain(buckets, 'a', 3);
    drain(buckets, 'b', 3);
    drain(buckets, 'a', 1);
    drain(buckets, 'c', 3);
    expect([buckets.size, ...['a', 'b', 'c'].map((key) => buckets.isEmpty(key, 0))]).toEqual([2, true, false, true]);
  });
});
