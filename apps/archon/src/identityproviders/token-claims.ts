/** What a token type header may say: an ID token or an access token (RFC 9068). A logout token, say, is for something else. */
const TYPES = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt']);

/**
 * Why a token whose signature, issuer and times hold is still not for us; undefined when it is. One that names several audiences must say
 * which of them it was made for (`azp`, OpenID Connect Core 3.1.3.7); one that says so must name us in any case.
 */
export function refusedToken(
  header: { typ?: string | undefined },
  claims: Readonly<Record<string, unknown>>,
  audiences: readonly string[],
): string | undefined {
  if (!TYPES.has(header.typ?.toLowerCase())) return `it is of the type ${header.typ}`;
  if (claims.events !== undefined) return 'it tells of an event and is no proof of identity';
  const meantFor: unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (!meantFor.some((audience) => typeof audience === 'string' && audiences.includes(audience))) return 'it is meant for somebody else';
  const { azp } = claims;
  if (azp === undefined) return meantFor.length > 1 ? 'it has several audiences and no azp' : undefined;
  return typeof azp === 'string' && audiences.includes(azp) ? undefined : 'it was made for another client';
}
