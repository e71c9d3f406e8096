import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Result } from './run-check.js';
import { runProgram } from './run-program.js';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

/** Runs one Vitest project with its output on the terminal; also returns the pid of Vitest. */
export async function runVitest(
  root: string,
  project: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<Result & { pid: number | undefined }> {
  const startedAt = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), 'archon-test-report-'));
  try {
    const file = path.join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const selected = args.length === 0 ? [] : ['--passWithNoTests', ...args];
    const ended = await runProgram(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters, ...selected],
      {
        cwd: root,
        env,
        inherit: true,
      },
    );
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = readReport(file);
    // A file that can't be loaded, or a failing set-up, has no failed test to its name.
    const failed = ended.code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
    const seconds = (performance.now() - startedAt) / 1000;
    return { name: project, seconds, passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests, output: '', pid: ended.pid };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    // Vitest ended before it had anything to report; its exit code says so.
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}
