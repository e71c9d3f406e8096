import type { VerifyingKey } from './signing-keys.service.js';

export class JsonWebKeyResponse {
  /** @example "RSA" */
  kty: string;
  /**
   * Modulus, base64url
   * @example "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
   */
  n: string;
  /**
   * Exponent, base64url
   * @example "AQAB"
   */
  e: string;
  /** @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  kid: string;
  /** @example "RS256" */
  alg: string;
  /** @example "sig" */
  use: string;
}

export class JsonWebKeySetResponse {
  keys: JsonWebKeyResponse[];
}

export class SigningKeyResponse {
  /**
   * The `kid` of the tokens that it signs
   * @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52"
   */
  id: string;

  /** Whether it signs new tokens; an older one only verifies */
  current: boolean;

  /** @example "2026-11-23T20:00:00.000Z" */
  createdAt: string;

  /**
   * When a newer key took its place
   * @example "2027-02-21T20:00:00.000Z"
   */
  retiredAt?: string;

  /**
   * Tokens that it has signed are valid until then at most; a retired key goes then
   * @example "2027-11-24T00:00:00.000Z"
   */
  verifiesUntil: string;
}

export class SigningKeyListResponse {
  /** @example "SigningKeyList" */
  kind: string;

  items: SigningKeyResponse[];
}

export const toSigningKeyListResponse = (keys: readonly VerifyingKey[]): SigningKeyListResponse => ({
  kind: 'SigningKeyList',
  items: keys.map(({ id, createdAt, retiredAt, coversUntil }) => ({
    id,
    current: retiredAt === null,
    createdAt: createdAt.toISOString(),
    ...(retiredAt === null ? {} : { retiredAt: retiredAt.toISOString() }),
    verifiesUntil: coversUntil.toISOString(),
  })),
});
