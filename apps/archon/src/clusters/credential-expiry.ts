import { X509Certificate } from 'node:crypto';
import type { ClusterCredential } from '#kubernetes';

/** Something without which the cluster can't be reached any more, and when it ends (RFC 3339). */
export interface Expiration {
  what: 'token' | 'client certificate' | 'CA certificate' | 'serving certificate';
  at: string;
}

const WARNING_DAYS = 14;
const DAY_MS = 86_400_000;

/** What ends within 14 days, or has ended. */
export const endingSoon = (expirations: readonly Expiration[], now: Date): Expiration[] =>
  expirations.filter(({ at }) => Date.parse(at) - now.getTime() < WARNING_DAYS * DAY_MS);

/** Why somebody should see to it: `the token expires on …`. */
export const expiryText = ({ what, at }: Expiration, now: Date): string =>
  `the ${what} ${Date.parse(at) <= now.getTime() ? 'has expired on' : 'expires on'} ${at}`;

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

/** The same with another serving certificate, as an API server renews its own. */
export const withServingCertificate = (expirations: readonly Expiration[], servingUntil: Date): Expiration[] =>
  inOrder([
    ...expirations.filter(({ what }) => what !== 'serving certificate'),
    { what: 'serving certificate', at: servingUntil.toISOString() },
  ]);

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
  return inOrder(found.flatMap(([what, at]) => (at === undefined ? [] : [{ what, at: at.toISOString() }])));
}

const inOrder = (expirations: Expiration[]): Expiration[] => expirations.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
