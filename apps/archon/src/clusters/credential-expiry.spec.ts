import { expect, it } from 'vitest';
import { credentialExpiry, endingSoon, type Expiration, expiryText, withServingCertificate } from './credential-expiry.js';

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

it.each([
  [jwt({ exp: 1_800_000_000 }), new Date(1_800_000_000_000)],
  [jwt({}), undefined],
  ['opaque', undefined],
  ['', undefined],
])('the token %s ends at %s', (token, expected) => expect(credentialExpiry({ token })).toEqual(expected));

const NOW = new Date('2026-11-01T00:00:00.000Z');
const expiration = (what: Expiration['what'], at: string): Expiration => ({ what, at: new Date(at).toISOString() });

it.each([
  ['2026-11-15T00:00:00.001Z', false],
  ['2026-11-14T23:59:59.999Z', true],
  ['2026-10-31', true],
])('what ends on %s is warned of: %s', (at, expected) => expect(endingSoon([expiration('token', at)], NOW)).toHaveLength(expected ? 1 : 0));

it('says what has ended, and what will', () => {
  expect(expiryText(expiration('token', '2026-11-01'), NOW)).toBe('the token has expired on 2026-11-01T00:00:00.000Z');
  expect(expiryText(expiration('CA certificate', '2026-11-02'), NOW)).toBe('the CA certificate expires on 2026-11-02T00:00:00.000Z');
});

it('takes a renewed serving certificate in, in order', () => {
  const [token, serving, authority] = [
    expiration('token', '2027-01-01'),
    expiration('serving certificate', '2026-12-01'),
    expiration('CA certificate', '2036-01-01'),
  ];
  const renewed = expiration('serving certificate', '2028-01-01');
  expect(withServingCertificate([serving, token, authority], new Date(renewed.at))).toEqual([token, renewed, authority]);
  expect(withServingCertificate([], new Date(renewed.at))).toEqual([renewed]);
});
