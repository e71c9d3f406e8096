/**
 * Why a URL may not be registered as an API server; undefined when it may. HTTPS only, since a bearer token travels on it;
 * nothing in it that could carry a credential or change where a path leads.
 */
export function refusedApiServerUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://10.0.0.1:6443';
  const url = new URL(text);
  // Not the parsed protocol: the parser takes backslashes for slashes.
  if (!/^https:\/\//i.test(text)) return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password';
  if (url.search !== '' || url.hash !== '') return 'must not have a query or fragment';
  if (/%|\/\/|\/\.{1,2}(\/|$)|[;\\\s]/.test(text.slice('https://'.length))) return 'must have a plain path';
  return undefined;
}

/** Without the trailing slash, so that paths can be appended. */
export const normalizeApiServerUrl = (text: string): string => new URL(text).href.replace(/\/+$/, '');
