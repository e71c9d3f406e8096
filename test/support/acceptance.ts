import { appendFileSync } from 'node:fs';
import { environment } from '#config';

interface AcceptanceResult {
  /** Row of the acceptance matrix: `S-1`, `F-11`, `L-5`, or a threat such as `T17`. */
  row: string;
  /** What was tried, in a few words. */
  what: string;
  /** How much of it: `20,000 requests`. */
  volume: string;
  /** What came out: `0 violations`, `p99 41 ms`. */
  result: string;
  /** Of a random run. */
  seed?: number;
}

/** True when the nightly volumes are to be run. */
export const isNightly = environment().ARCHON_TEST_VOLUME === 'nightly';

/** The volume of this run. */
export const volume = (of: { ci: number; nightly: number }): number => (isNightly ? of.nightly : of.ci);

/** A seed for a random run: the one of `ARCHON_TEST_SEED`, to repeat a run that failed, or a new one. Print it with every failure. */
export const seed = (): number => Number(environment().ARCHON_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Records that a row held: the last line of its test. `npm test` gathers these lines; `docs/security/acceptance.md` is made of them. */
export function accept(result: AcceptanceResult): void {
  const file = environment().ARCHON_TEST_ACCEPTANCE;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
  process.stdout.write(
    `  ${result.row} ${result.what}: ${result.volume}, ${result.result}${result.seed === undefined ? '' : `, seed ${result.seed}`}\n`,
  );
}
