import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keySetOf } from './key-set.js';

describe('the key set', () => {
  it('has the public half alone, even of a private key', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const [fromPublic, fromPrivate] = keySetOf([
      { id: 'a', publicKey },
      { id: 'a', publicKey: privateKey },
    ]).keys;
    expect(Object.keys(fromPublic ?? {}).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(fromPrivate).toEqual(fromPublic);
  });
});
