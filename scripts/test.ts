import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Invocation } from './invocation.js';
import { beginAcceptance, compareAcceptance } from './checks/acceptance.js';
import { findAbandonedNodeParts, findUsersOf } from './checks/leftovers.js';
import { CHECKS, VITEST_PROJECTS } from './checks/parts.js';
import { type Result, runCheck } from './checks/run-check.js';
import { passInterrupts } from './checks/run-program.js';
import { removeDeadRuns, removeRunState, runState } from './checks/run-state.js';
import { runVitest } from './checks/run-vitest.js';

interface TestOptions {
  only?: string[];
  nightly?: boolean;
  databaseUrl?: string;
}

type TestInvocation = Invocation<TestOptions>;

// Each needs about 450 MB and a core.
const CHECKS_AT_ONCE = 2;
const SETTLE_MS = 3000;

/** Runs the parts, sums them up, and ends with the line `N passed, N failed`. 0 when nothing failed. */
export async function run(invocation: TestInvocation): Promise<number> {
  const { options, rest } = invocation;
  const { interrupted } = passInterrupts();
  const isChosen = (name: string) => options.only?.includes(name) ?? (rest.length === 0 || isProject(name));
  const results = await runChecks(
    CHECKS.filter(({ name }) => isChosen(name)),
    invocation,
    interrupted,
  );
  for (const { name, output } of results.filter(({ failed }) => failed > 0)) process.stdout.write(`\n${name}:\n${output.trimEnd()}\n`);
  await removeDeadRuns(invocation.root);
  const acceptance = beginAcceptance(invocation.root);
  for (const project of VITEST_PROJECTS.filter(isChosen)) {
    if (interrupted()) break;
    results.push(...(await runProject(project, invocation, acceptance)));
  }
  const isWhole = rest.length === 0 && VITEST_PROJECTS.every(isChosen) && results.every(({ failed }) => failed === 0);
  if (isWhole && !interrupted()) compareAcceptance(invocation.root);
  if (interrupted()) results.push({ name: 'interrupted', seconds: 0, passed: 0, failed: 1, skipped: 0, output: '' });
  return summarise(results);
}

const isProject = (name: string) => VITEST_PROJECTS.some((project) => project === name);

async function runChecks(checks: typeof CHECKS, invocation: TestInvocation, interrupted: () => boolean): Promise<Result[]> {
  const waiting = [...checks];
  const results: Result[] = [];
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined && !interrupted(); check = waiting.shift())
      results.push(await runCheck(check, invocation));
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker));
  return results;
}

/** One Vitest project, and the check that it left nothing behind. Its set-up keeps everything below `.archon/test-<pid of Vitest>`. */
async function runProject(
  project: string,
  { root, options, rest }: TestInvocation,
  acceptance: { ARCHON_TEST_ACCEPTANCE: string },
): Promise<Result[]> {
  const before = new Set(findAbandonedNodeParts());
  const env = {
    ...process.env,
    ...acceptance,
    ...(options.nightly === true ? { ARCHON_TEST_VOLUME: 'nightly' } : {}),
    ...(options.databaseUrl === undefined ? {} : { ARCHON_TEST_DATABASE_URL: options.databaseUrl }),
  };
  const result = await runVitest(root, project, rest, env);
  const state = runState(root, 'test', result.pid);
  const findLeftovers = () => [
    ...findUsersOf(state),
    ...findAbandonedNodeParts().filter((part) => !before.has(part)),
    ...(existsSync(state) && result.failed === 0 ? [`folder ${state}`] : []),
  ];
  if (findLeftovers().length > 0) await sleep(SETTLE_MS);
  const left = findLeftovers();
  for (const part of left) process.stdout.write(`left behind by ${project}: ${part}\n`);
  await removeRunState(state);
  const clean = left.length === 0;
  return [result, { name: `${project} cleans up`, seconds: 0, passed: clean ? 1 : 0, failed: clean ? 0 : 1, skipped: 0, output: '' }];
}

function summarise(results: Result[]): number {
  const row = (name: string, time: string, ...counts: (string | number)[]) =>
    `${name.padEnd(18)}${time.padStart(9)}${counts.map((count) => String(count).padStart(9)).join('')}\n`;
  process.stdout.write(`\n${row('part', 'time', 'passed', 'failed', 'skipped')}`);
  for (const { name, seconds, passed, failed, skipped } of results)
    process.stdout.write(row(name, `${seconds.toFixed(1)} s`, passed, failed, skipped));
  const sum = (key: 'passed' | 'failed') => results.reduce((total, result) => total + result[key], 0);
  process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed\n`);
  return sum('failed') === 0 ? 0 : 1;
}
