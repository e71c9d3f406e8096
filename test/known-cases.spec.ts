import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** The rows of docs/security/known-cases.md: threat and case. */
const cases = [...read('docs/security/known-cases.md').matchAll(/^\| (T\d+) \| ([^|]+) \|/gm)].map(([, threat = '', name = '']) => ({
  threat,
  name: name.trim(),
}));
/** Lines of code that name tests: comments prove nothing. */
const lines = globSync(['test/**/*.e2e.ts', '{apps,libs}/**/*.spec.ts'], { cwd: root })
  .flatMap((file) => read(file).split('\n'))
  .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line));

it('every threat from T1 to T36 with a real case is in the list', () => {
  const threats = new Set(cases.map(({ threat }) => threat));
  expect([cases.length, threats.size]).toEqual([83, 34]);
});

/** Issues and pull requests are named by their number, however the repository is written. */
const isNamedIn = (line: string, name: string) => line.includes(/#\d+$/.exec(name)?.[0].slice(1) ?? name);

it.each(cases)('$threat $name has a test of its name', ({ name }) => {
  expect(lines.some((line) => isNamedIn(line, name))).toBe(true);
});
