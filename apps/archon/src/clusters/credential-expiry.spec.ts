import { expect, it } from 'vitest';
import { credentialExpiry } from './credential-expiry.js';

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

it.each([
  [jwt({ exp: 1_800_000_000 }), new Date(1_800_000_000_000)],
  [jwt({}), undefined],
  ['opaque', undefined],
  ['', undefined],
])('the token %s ends at %s', (token, expected) => expect(credentialExpiry({ token })).toEqual(expected));
