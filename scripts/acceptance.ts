import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseResults, toDocument } from './checks/acceptance-table.js';
import { ACCEPTANCE_DOCUMENT, ACCEPTANCE_RESULTS } from './checks/acceptance.js';
import type { Invocation } from './invocation.js';

/** Writes docs/security/acceptance.md from what the tests of the last whole run reported. */
export function run({ root, progress }: Invocation): Promise<number> {
  const [results, document] = [path.join(root, ACCEPTANCE_RESULTS), path.join(root, ACCEPTANCE_DOCUMENT)];
  if (!existsSync(results)) throw new Error('there are no results yet: run "npm test" first');
  mkdirSync(path.dirname(document), { recursive: true });
  writeFileSync(document, toDocument(parseResults(readFileSync(results, 'utf8'))));
  progress.note(`written: ${ACCEPTANCE_DOCUMENT}`);
  return Promise.resolve(0);
}
