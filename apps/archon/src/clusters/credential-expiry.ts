import { X509Certificate } from 'node:crypto';
import type { ClusterCredential } from '#kubernetes';

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
