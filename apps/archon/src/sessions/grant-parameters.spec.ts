import { describe, expect, it } from 'vitest';
import { grantParameters } from './grant-parameters.js';
import { OAuthError } from './oauth-error.js';

const refusal = (body: unknown) => {
  try {
    return grantParameters(body);
  } catch (error) {
    return (error as OAuthError).toStatus();
  }
};

describe('the parameters of a request for tokens', () => {
  it('are its texts by name, without empty ones', () => {
    expect(grantParameters({ grant_type: 'refresh_token', refresh_token: 'r', scope: '' })).toEqual({
      grantType: 'refresh_token',
      parameters: { grant_type: 'refresh_token', refresh_token: 'r' },
    });
  });

  it.each<[string, unknown]>([
    ['no body', undefined],
    ['a list', ['grant_type']],
    ['no grant type', { refresh_token: 'r' }],
    ['an empty grant type', { grant_type: '' }],
    ['a number', { grant_type: 'refresh_token', refresh_token: 1 }],
    ['a list as value', { grant_type: ['refresh_token'] }],
    ['a text without end', { grant_type: 'refresh_token', refresh_token: 'r'.repeat(40_000) }],
  ])('are refused in the words of OAuth and as a Status: %s', (_, body) => {
    expect(refusal(body)).toMatchObject({ kind: 'Status', code: 400, error: 'invalid_request', error_description: expect.any(String) });
  });
});
