import type { Invocation } from '../invocation.js';
import type { Check } from './parts.js';
import { runProgram } from './run-program.js';

/** What a part of the suite came to. */
export interface Result {
  name: string;
  seconds: number;
  passed: number;
  failed: number;
  skipped: number;
  /** Shown when something failed. */
  output: string;
}

// No check may depend on, or tell, anybody outside.
const ENVIRONMENT = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' };

class CheckFailed extends Error {}

/** Runs one check to its end, also past a failing program, as one test. */
export async function runCheck(check: Check, { root, progress }: Pick<Invocation, 'root' | 'progress'>): Promise<Result> {
  const startedAt = performance.now();
  const toResult = (failed: number, output: string): Result => {
    const seconds = (performance.now() - startedAt) / 1000;
    return { name: check.name, seconds, passed: 1 - failed, failed, skipped: 0, output };
  };
  try {
    await progress.step(check.name, async (waitingFor) => {
      let faults = '';
      for (const [program, ...args] of check.programs) {
        waitingFor(program);
        const ended = await runProgram(program, args, { cwd: root, env: ENVIRONMENT });
        if (ended.code !== 0) faults += `${ended.output}${program} ended with ${ended.code}\n`;
      }
      if (faults !== '') throw new CheckFailed(faults);
    });
    return toResult(0, '');
  } catch (error) {
    if (error instanceof CheckFailed) return toResult(1, error.message);
    throw error;
  }
}
