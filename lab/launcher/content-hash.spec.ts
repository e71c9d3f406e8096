import { describe, expect, it } from 'vitest';
import { contentHash } from './content-hash.js';

describe('contentHash', () => {
  const files = new Map([
    ['go.mod', 'module a'],
    ['main.go', 'package main'],
  ]);
  const hash = contentHash(files, ['-s']);

  it('ignores the order of the files', () => {
    expect(contentHash(new Map([...files].reverse()), ['-s'])).toBe(hash);
  });

  it.each([
    ['a byte', new Map([...files, ['main.go', 'package mail']]), ['-s']],
    ['a name', new Map([...files, ['other.go', '']]), ['-s']],
    ['an option', files, ['-s', '-w']],
    ['the border between options', files, ['-', 's']],
    ['the border between files', new Map([['go.mod', 'module amain.gopackage main']]), ['-s']],
  ])('changes with %s', (_case, changed, options) => {
    expect(contentHash(changed, options)).not.toBe(hash);
  });
});
