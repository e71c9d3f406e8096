import { setTimeout as sleep } from 'node:timers/promises';

/** Begins so many pieces of work a second, whether or not earlier ones are done; resolves when all are. */
export async function atRate(perSecond: number, seconds: number, work: (turn: number) => Promise<void>): Promise<void> {
  const begun: Promise<void>[] = [];
  const begin = performance.now();
  for (let turn = 0; turn < perSecond * seconds; turn++) {
    const waitMs = begin + (turn * 1000) / perSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    begun.push(work(turn));
  }
  await Promise.all(begun);
}
