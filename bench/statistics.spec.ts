import { describe, expect, it } from 'vitest';
import { percentile, rotate, spread } from './statistics.js';

describe('percentile', () => {
  it.each([
    [[5], 0.99, 5],
    [[4, 1, 3, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.51, 3],
    [[1, 2, 3, 4], 0, 1],
    [[1, 2, 3, 4], 1, 4],
    [Array.from({ length: 200 }, (_, i) => i + 1), 0.99, 198],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it('refuses an empty series', () => {
    expect(() => percentile([], 0.5)).toThrow('no values');
  });
});

describe('spread', () => {
  it.each([
    [[3, 1, 2], { median: 2, min: 1, max: 3 }],
    [[4, 1, 2, 3], { median: 2.5, min: 1, max: 4 }],
  ])('of %j', (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });
});

it('starts each round with another one', () => {
  expect([0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
});
