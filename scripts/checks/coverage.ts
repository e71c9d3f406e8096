import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestFile } from './coverage-table.js';

export const COVERAGE_DOCUMENT = 'docs/coverage.md';

/** All end-to-end tests of a checkout. */
export const readTests = (root: string): TestFile[] =>
  globSync('test/**/*.e2e.ts', { cwd: root })
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
