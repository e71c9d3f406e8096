import { X509Certificate } from 'node:crypto';
import type { ClusterCredential } from '#kubernetes';

/** Something without which the cluster can't be reached any more, and when it ends (RFC 3339). */
export interface Expiration {
  what: 'token' | 'client certificate' | 'CA certificate' | 'serving certificate';
  at: string;
}

/** When a credential says that it ends: `notAfter` of a client certificate, `exp` of a JWT. Undefined when it says nothing. */
export function credentialExpiry(credential: ClusterCredential): Date | undefined {
  if ('clientCertificate' in credential) return new X509Certificate(credential.clientCertificate).validToDate;
  try {
    const claims = JSON.parse(Buffer.from(credential.token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof claims.exp === 'number' ? new Date(claims.exp * 1000) : undefined;
  } catch {
    return undefined; // an opaque token
  }
}

/** All that ends of an access, soonest first. `servingUntil` is of the certificate that the API server showed. */
export function expirationsOf(
  access: { credential: ClusterCredential; certificateAuthority: string | undefined },
  servingUntil: Date | undefined,
): Expiration[] {
  const credential = credentialExpiry(access.credential);
  const authority = access.certificateAuthority === undefined ? undefined : new X509Certificate(access.certificateAuthority).validToDate;
  const found: [Expiration['what'], Date | undefined][] = [
    ['token' in access.credential ? 'token' : 'client certificate', credential],
    ['CA certificate', authority],
    ['serving certificate', servingUntil],
  ];
  return found
    .flatMap(([what, at]) => (at === undefined ? [] : [{ what, at: at.toISOString() }]))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
