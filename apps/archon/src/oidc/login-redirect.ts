/**
 * Whether the result of a login may be sent to this URI: one that the settings list, letter by letter, or one on the user's own machine, of
 * any port (RFC 8252, 7.3). `localhost` is not taken: it may lead elsewhere (8.3).
 */
export function isLoginRedirect(uri: string, listed: readonly string[]): boolean {
  if (listed.includes(uri)) return true;
  return /^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}(\/[A-Za-z0-9._~/-]*)?$/.test(uri) && URL.canParse(uri);
}

/** The URI with these parameters in its query. */
export function withParameters(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}
