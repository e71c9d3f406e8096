/** The only algorithm of Archon's own tokens (RFC 7518, 3.3). Nothing in a token chooses another. */
export const SIGNING_ALGORITHM = 'RS256';
export const TOKEN_ISSUER = 'archon';
export const TOKEN_AUDIENCE = 'archon-api';

/** What a token is good for: the claim `typ`. One kind is never taken for another. */
export type TokenType = 'AccessToken' | 'Session' | 'AuditHead';

/** The claims of a JWT that Archon signs, beside issuer, audience and type. Times in seconds since 1970 (RFC 7519, 4.1). */
export interface OwnClaims {
  /** Of an API token: its row. Of the head of the audit chain: its sequence and hash. */
  jti: string;
  sub: string;
  iat: number;
  exp: number;
  /** The session, in a token of a login. */
  sid?: string;
}

const DAY_SECONDS = 86_400;
const HEADER_FIELDS = new Set(['alg', 'kid', 'typ']);
const KEY_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Until when a key is kept that signs a token with this end: rounded up, so that this is written once a day and not with each token. */
export const coverageOf = (exp: number): Date => new Date(Math.ceil(exp / DAY_SECONDS) * DAY_SECONDS * 1000);

/**
 * The key id that a JWT names, if its form is one that Archon writes: three parts in canonical base64url (RFC 7515, 2), and a header of
 * `alg`, `kid` and `typ` alone. A header that brings a key (`jwk`, `jku`, `x5u`, `x5c`) or demands something (`crit`) is not ours.
 */
export function keyIdOf(token: string): string | undefined {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isCanonical)) return undefined;
  const header = parseObject(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'));
  if (header === undefined || header.alg !== SIGNING_ALGORITHM || !Object.keys(header).every((field) => HEADER_FIELDS.has(field)))
    return undefined;
  return typeof header.kid === 'string' && KEY_ID.test(header.kid) ? header.kid : undefined;
}

/** Other texts that decode to the same bytes would be other spellings of the same token. */
const isCanonical = (part: string): boolean => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // no JSON, no header
  }
}
