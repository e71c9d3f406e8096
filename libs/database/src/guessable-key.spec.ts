import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isGuessableKey } from './guessable-key.js';

describe('a key', () => {
  it.each<[string, Uint8Array]>([
    ['of zeros', Buffer.alloc(32)],
    ['of one byte', Buffer.alloc(32, 0xff)],
    ['with a pattern', Buffer.from('0123456789abcdef'.repeat(4), 'hex')],
    ['of counted bytes', Uint8Array.from({ length: 32 }, (_, index) => index)],
    ['that is a text', Buffer.from('changeme-changeme-changeme-12345')],
    ['that is a long text', Buffer.from('The quick brown fox jumps over!!')],
  ])('%s is guessable', (_, key) => {
    expect(key).toHaveLength(32);
    expect(isGuessableKey(key)).toBe(true);
  });

  it('of random bytes is not', () => {
    for (let i = 0; i < 10_000; i++) expect(isGuessableKey(randomBytes(32))).toBe(false);
  });
});
