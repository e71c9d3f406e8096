import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePasswordHash, encodePasswordHash, HASH_COST, isOutdated } from './password-hash.js';

describe('a stored password', () => {
  it('carries its own parameters', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 64 }).map((array) => Buffer.from(array));
    const cost = { memory: fc.integer({ min: 8, max: 2 ** 21 }), passes: fc.integer({ min: 1, max: 9 }), parallelism: fc.nat(9) };
    fc.assert(
      fc.property(fc.record({ ...cost, salt: bytes, tag: bytes }), (hash) => {
        expect(decodePasswordHash(encodePasswordHash(hash))).toEqual(hash);
      }),
    );
  });

  it.each(['', 'plain', '$2b$12$abcdefgh', '$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA', '$argon2id$v=19$m=19456,t=2,p=1$AAAA'])(
    'that is no Argon2id hash matches nothing: %s',
    (text) => {
      expect(() => decodePasswordHash(text)).toThrow('no Argon2id hash');
    },
  );

  it('is outdated when any of its parameters is below those of today', () => {
    expect(isOutdated(HASH_COST)).toBe(false);
    expect(isOutdated({ ...HASH_COST, memory: HASH_COST.memory - 1 })).toBe(true);
    expect(isOutdated({ ...HASH_COST, passes: HASH_COST.passes - 1 })).toBe(true);
    expect(isOutdated({ ...HASH_COST, memory: HASH_COST.memory * 2 })).toBe(false);
  });
});
