import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { differences, parseResults } from './acceptance-table.js';
import type { Result } from './run-check.js';

/** What the tests of the last run reported, a line of JSON each. */
export const ACCEPTANCE_RESULTS = '.archon/acceptance.jsonl';
export const ACCEPTANCE_DOCUMENT = 'docs/security/acceptance.md';

/** Forgets the last run; the variable tells the tests where to report. */
export function beginAcceptance(root: string): { ARCHON_TEST_ACCEPTANCE: string } {
  const file = path.join(root, ACCEPTANCE_RESULTS);
  rmSync(file, { force: true });
  return { ARCHON_TEST_ACCEPTANCE: file };
}

/** As one test: the committed table has the rows that a whole run reported, no more and no fewer. */
export function checkAcceptance(root: string): Result {
  const read = (file: string) => (existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : '');
  const found = differences(read(ACCEPTANCE_DOCUMENT), parseResults(read(ACCEPTANCE_RESULTS)));
  const failed = found.length === 0 ? 0 : 1;
  const output = failed === 0 ? '' : `${found.join('\n')}\nnpm run acceptance writes the table anew.\n`;
  process.stdout.write(output);
  return { name: 'acceptance', seconds: 0, passed: 1 - failed, failed, skipped: 0, output };
}
