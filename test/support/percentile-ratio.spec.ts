import { describe, expect, it } from 'vitest';
import { percentileRatio } from './percentile-ratio.js';
import { random } from './random.js';

/** Times as requests take: most 2 to 6 ms, one of fifty up to 20 more, and here and there a stall that a run of them shares. */
function times(count: number, seed: number, { factor = 1, stalls = 0 } = {}): number[] {
  const draw = random(seed);
  const all = Array.from(
    { length: count },
    () => factor * (2 + draw.below(4000) / 1000 + (draw.below(50) === 0 ? draw.below(20_000) / 1000 : 0)),
  );
  for (let stall = 0; stall < stalls; stall++) {
    const at = draw.below(count - 20);
    for (let i = 0; i < 20; i++) all[at + i] = 200 - 10 * i;
  }
  return all;
}
const ratio = (earlier: number[], later: number[]) => percentileRatio(earlier, later, { share: 0.99, seed: 7 });

describe('the growth of a percentile', () => {
  it('is one where nothing has changed', () => {
    const same = times(800, 1);
    expect(ratio(same, same).ratio).toBe(1);
    expect(ratio(same, same).atLeast).toBeLessThan(1);
  });

  it.each([1, 2, 3, 4, 5])('is not sure where one stall is all there is (%i)', (seed) => {
    const { ratio: seen, atLeast } = ratio(times(800, seed), times(800, seed + 100, { stalls: 1 }));
    expect([seen > 1.1, atLeast <= 1.1], `${seen}, at least ${atLeast}`).toEqual([true, true]);
  });

  it.each([2, 3, 4])('is sure where everything takes longer, and where stalls are the rule (%i)', (seed) => {
    expect(ratio(times(8000, seed), times(8000, seed + 100, { factor: 3 })).atLeast).toBeGreaterThan(1.1);
    expect(ratio(times(800, seed), times(800, seed + 100, { factor: 8 })).atLeast).toBeGreaterThan(1.1);
    expect(ratio(times(800, seed), times(800, seed + 100, { stalls: 24 })).atLeast).toBeGreaterThan(1.1);
  });

  it('is the same for the same seed', () => {
    const [earlier, later] = [times(500, 1), times(500, 2)];
    expect(ratio(earlier, later)).toEqual(ratio(earlier, later));
  });
});
