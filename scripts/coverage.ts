import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { COVERAGE_DOCUMENT, readTests } from './checks/coverage.js';
import { toCoverage, uncovered } from './checks/coverage-table.js';
import type { Invocation } from './invocation.js';

/** Writes docs/coverage.md from the names of the tests. */
export function run({ root, progress }: Invocation): Promise<number> {
  const tests = readTests(root);
  writeFileSync(path.join(root, COVERAGE_DOCUMENT), toCoverage(tests));
  progress.note(`written: ${COVERAGE_DOCUMENT}`);
  const missing = uncovered(tests);
  if (missing.length > 0) progress.note(`without a test: ${missing.join(', ')}`);
  return Promise.resolve(missing.length === 0 ? 0 : 1);
}
