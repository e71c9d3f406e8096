import { OAuthError } from './oauth-error.js';

const MAX_LENGTH = 32 * 1024;

/** The parameters of a request for tokens, from a form or from JSON: texts by name. Throws `invalid_request` for anything else. */
export function grantParameters(body: unknown): { grantType: string; parameters: Readonly<Record<string, string>> } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new OAuthError('invalid_request', 'the request needs parameters: send a form or a JSON object with grant_type');
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value.length > MAX_LENGTH)
      throw new OAuthError('invalid_request', `each parameter is a text of at most ${MAX_LENGTH} characters`);
    // RFC 6749 (3.2): a parameter without a value counts as absent.
    if (value !== '') parameters[name] = value;
  }
  const { grant_type: grantType } = parameters;
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
  return { grantType, parameters };
}
