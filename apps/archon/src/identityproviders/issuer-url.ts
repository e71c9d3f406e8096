/**
 * Why a URL may not be the one of an issuer, or of one of its endpoints; undefined when it may. HTTPS only, as all trust in an issuer
 * comes from it; plain HTTP just to this machine (`allowLoopback`).
 */
export function refusedIssuerUrl(text: string, { allowLoopback }: { allowLoopback: boolean }): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://login.example.org';
  const url = new URL(text);
  if (/[\s\\\0]/.test(text)) return 'must not hold blanks or backslashes';
  if (!text.startsWith('https://') && !(allowLoopback && text.startsWith('http://') && isLoopbackHost(url.hostname)))
    return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password';
  if (url.hash !== '') return 'must not have a fragment';
  return undefined;
}

/** The same for an issuer itself, which has no query either (OpenID Connect Discovery, 3). */
export function refusedIssuer(text: string, options: { allowLoopback: boolean }): string | undefined {
  return refusedIssuerUrl(text, options) ?? (text.includes('?') ? 'must not have a query' : undefined);
}

const isLoopbackHost = (host: string): boolean => host === '[::1]' || host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** Where the discovery document of an issuer is (OpenID Connect Discovery, 4). */
export const discoveryUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
