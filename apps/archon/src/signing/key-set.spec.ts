import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entityTagOf, keySetOf, namesTag } from './key-set.js';

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

describe('an entity tag', () => {
  const tag = entityTagOf('text');
  it.each([
    [tag, true],
    [`"x", ${tag}`, true],
    [`W/${tag}`, true],
    ['*', true],
    ['"x"', false],
    [undefined, false],
    ['', false],
  ])('named by %s: %s', (header, named) => expect(namesTag(header, tag)).toBe(named));
});
