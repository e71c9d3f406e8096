import { percentile } from '../../bench/statistics.js';
import { random } from './random.js';

/** Times that lie together are slow together: what is drawn again are such blocks, not single times. */
const BLOCK = 25;
const DRAWS = 2000;
const CERTAINTY = 0.999;

export interface PercentileRatio {
  /** Percentile of the later times ÷ that of the earlier ones. */
  ratio: number;
  /** What the ratio is at least, with a certainty of 99.9 %. */
  atLeast: number;
}

/**
 * By how much a percentile has grown, and how sure that is: times of a busy machine have moments that none of the two is to blame for, and a
 * percentile of a few hundred hangs on three or four of them. By a block bootstrap (Künsch 1989) that a seed repeats.
 */
export function percentileRatio(
  earlier: readonly number[],
  later: readonly number[],
  { share, seed }: { share: number; seed: number },
): PercentileRatio {
  const draw = random(seed);
  const drawn = (times: readonly number[]): number => {
    const again = new Float64Array(times.length);
    for (let filled = 0; filled < again.length; ) {
      const from = draw.below(Math.max(1, times.length - BLOCK + 1));
      for (let i = from; i < from + BLOCK && filled < again.length; i++) again[filled++] = times[i % times.length] ?? Number.NaN;
    }
    return again.sort()[Math.ceil(share * again.length) - 1] ?? Number.NaN;
  };
  const ratios = Array.from({ length: DRAWS }, () => drawn(later) / drawn(earlier));
  return { ratio: percentile(later, share) / percentile(earlier, share), atLeast: percentile(ratios, 1 - CERTAINTY) };
}
