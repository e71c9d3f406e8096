import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '#config';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const documents = [...globSync('*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })];

describe('the documents', () => {
  it('name only paths that exist in the tree of docs/architecture.md', () => {
    const paths = [...read('docs/architecture.md').matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it.each(documents)('%s links only to files that exist', (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !existsSync(path.join(root, path.dirname(file), link)))).toEqual([]);
  });

  it('list the settings as the code has them', () => {
    expect(read('docs/guide/settings.md')).toContain(describeSettings());
  });

  it('speak of npm commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((file) => [...read(file).matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] ?? ''));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
