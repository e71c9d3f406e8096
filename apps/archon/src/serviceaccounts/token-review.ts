import { isServiceAccountName } from '#kubernetes';

/** Claims of a ServiceAccount's token that are read before the cluster is asked, and hold only when it says so. */
export interface ServiceAccountClaims {
  subject: string;
  expiresAt: Date;
}

/** What a token must say of itself to be worth a question: whose it is, and an end that lies ahead. Tokens without an end are for nobody. */
export function serviceAccountClaims(claims: Readonly<Record<string, unknown>>, now: Date): ServiceAccountClaims | undefined {
  const { sub, exp } = claims;
  if (typeof sub !== 'string' || !isServiceAccountName(sub) || typeof exp !== 'number') return undefined;
  const expiresAt = new Date(exp * 1000);
  return expiresAt > now ? { subject: sub, expiresAt } : undefined;
}

/**
 * The UID of the ServiceAccount when a TokenReview says that the token is of it and meant for this audience; undefined for any other answer:
 * an API server that knows no audiences leaves them away, and then the token may be meant for anybody.
 */
export function reviewedUid(status: unknown, { subject, audience }: { subject: string; audience: string }): string | undefined {
  if (typeof status !== 'object' || status === null) return undefined;
  const { authenticated, audiences, user, error } = status as Record<string, unknown>;
  const { username, uid } = (typeof user === 'object' && user !== null ? user : {}) as Record<string, unknown>;
  const holds =
    authenticated === true && !error && Array.isArray(audiences) && audiences.includes(audience) && username === subject && uid !== '';
  return holds && typeof uid === 'string' ? uid : undefined;
}
