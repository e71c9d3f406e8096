import type { Invocation } from './invocation.js';
import { CHECKS, VITEST_PROJECTS } from './checks/parts.js';
import { runCheck } from './checks/run-check.js';
import { runVitest } from './checks/run-vitest.js';

/** Runs the named checks one after the other and shows what the failing ones printed. */
export async function run({ root, rest, progress }: Invocation): Promise<number> {
  const chosen = rest.length === 0 ? CHECKS.map(({ name }) => name) : rest;
  let failed = 0;
  for (const check of CHECKS.filter(({ name }) => chosen.includes(name))) {
    const result = await runCheck(check, { root, progress });
    process.stdout.write(result.output);
    failed += result.failed;
  }
  for (const project of VITEST_PROJECTS.filter((name) => chosen.includes(name)))
    failed += (await runVitest(root, project, [], process.env)).failed;
  return failed === 0 ? 0 : 1;
}
