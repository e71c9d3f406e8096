import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { differences, parseResults } from './acceptance-table.js';

/** What the tests of the last run reported, a line of JSON each. */
export const ACCEPTANCE_RESULTS = '.archon/acceptance.jsonl';
export const ACCEPTANCE_DOCUMENT = 'docs/security/acceptance.md';

/** Forgets the last run; the variable tells the tests where to report. */
export function beginAcceptance(root: string): { ARCHON_TEST_ACCEPTANCE: string } {
  const file = path.join(root, ACCEPTANCE_RESULTS);
  rmSync(file, { force: true });
  return { ARCHON_TEST_ACCEPTANCE: file };
}

/** Says where the committed table and what a whole run reported differ. The rows themselves fail with their tests. */
export function compareAcceptance(root: string): void {
  const read = (file: string) => (existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : '');
  const found = differences(read(ACCEPTANCE_DOCUMENT), parseResults(read(ACCEPTANCE_RESULTS)));
  if (found.length > 0) process.stdout.write(`\n${found.join('\n')}\nnpm run acceptance writes the table anew.\n`);
}
