import { refusedIssuerUrl } from './issuer-url.js';

/** What Archon uses of a discovery document (OpenID Connect Discovery, 3); the rest is passed on as it is. */
export interface IssuerMetadata {
  issuer: string;
  jwks_uri: string;
  authorization_endpoint?: string;
  token_endpoint?: string;
  device_authorization_endpoint?: string;
  revocation_endpoint?: string;
  token_endpoint_auth_methods_supported?: string[];
  [field: string]: unknown;
}

/** To these Archon itself sends requests, credentials among them; to the authorization endpoint goes the user's browser. */
const CALLED = ['jwks_uri', 'token_endpoint', 'device_authorization_endpoint', 'revocation_endpoint'] as const;

/**
 * Checks a discovery document. Throws with the reason unless it is the issuer's own (exactly the same text), and each endpoint is one that
 * Archon may speak with.
 */
export function issuerMetadata(document: unknown, issuer: string, options: { allowLoopback: boolean }): IssuerMetadata {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new Error('the discovery document is no JSON object');
  const found = document as Record<string, unknown>;
  if (found.issuer !== issuer)
    throw new Error(`the discovery document is of the issuer ${JSON.stringify(found.issuer)}, not of ${JSON.stringify(issuer)}`);
  for (const field of [...CALLED, 'authorization_endpoint']) {
    const value = found[field];
    if (value === undefined && field !== 'jwks_uri') continue;
    const refused = typeof value === 'string' ? refusedIssuerUrl(value, options) : 'must be a text';
    if (refused !== undefined) throw new Error(`${field} in the discovery document ${refused}`);
  }
  return found as IssuerMetadata;
}

/** Where Archon sends requests to, without doubles. */
export const calledOrigins = (metadata: IssuerMetadata): string[] => [
  ...new Set(CALLED.flatMap((field) => (metadata[field] === undefined ? [] : [new URL(metadata[field]).origin]))),
];
