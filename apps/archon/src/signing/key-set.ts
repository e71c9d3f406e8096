import type { KeyObject } from 'node:crypto';
import { SIGNING_ALGORITHM } from './signed-token.js';

/** A JSON Web Key Set (RFC 7517, 5) of public keys. */
export interface KeySet {
  keys: { kty: string; n: string; e: string; kid: string; alg: string; use: 'sig' }[];
}

/** The keys with which tokens of Archon can be checked: the parts of the public half, named one by one so that nothing else gets out. */
export function keySetOf(keys: readonly { id: string; publicKey: KeyObject }[]): KeySet {
  return {
    keys: keys.map(({ id, publicKey }) => {
      const { kty = '', n = '', e = '' } = publicKey.export({ format: 'jwk' });
      return { kty, n, e, kid: id, alg: SIGNING_ALGORITHM, use: 'sig' };
    }),
  };
}
