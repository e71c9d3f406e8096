import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COVERAGE_DOCUMENT, readTests } from './coverage.js';
import { REQUIRED, toCoverage, uncovered } from './coverage-table.js';

const root = path.resolve(import.meta.dirname, '../..');
const quote = String.fromCharCode(39);
const call = (name: string, before = 'it') => `${before}(${quote}${name}${quote}, async () => {});\n`;

describe('the coverage of requirements', () => {
  it('is read from the names of tests, however they are called', () => {
    const text = [
      call('NS-1 is made'),
      call('NS-1, NS-2 and NS-3 go together'),
      call('PERM-1 in a row', 'it.each([\n  1,\n])'),
      call('S-5 NS-4 is another row'),
      `accept({ row: ${quote}NS-5${quote} });`,
    ].join('');
    const files = [{ file: 'test/a.e2e.ts', text }];
    const lines = toCoverage(files).split('\n');
    expect(lines).toContain('| NS-1 | go together (`test/a.e2e.ts`)<br>is made (`test/a.e2e.ts`) |');
    expect(lines).toContain('| NS-3 | go together (`test/a.e2e.ts`) |');
    expect(uncovered(files)).toEqual(REQUIRED.filter((number) => !['NS-1', 'NS-2', 'NS-3', 'PERM-1'].includes(number)));
  });

  it('is complete: every requirement has an end-to-end test that is named after it', () => {
    expect(uncovered(readTests(root))).toEqual([]);
  });

  it('is written down as it is; "npm run coverage" writes it anew', () => {
    expect(readFileSync(path.join(root, COVERAGE_DOCUMENT), 'utf8')).toBe(toCoverage(readTests(root)));
  });
});
