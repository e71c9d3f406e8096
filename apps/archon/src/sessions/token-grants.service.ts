import { Injectable } from '@nestjs/common';
import { grantParameters } from './grant-parameters.js';
import { OAuthError } from './oauth-error.js';
import type { Client } from '../http/client.js';
import type { TokenResponse } from './session-tokens.js';

/** Gives tokens for one kind of proof. Throws {@link OAuthError}; nothing that a client can send may throw anything else. */
export type TokenGrant = (parameters: Readonly<Record<string, string>>, client: Client) => Promise<TokenResponse>;

/** What the token endpoint exchanges for tokens. Each feature adds its own grant type when its module starts. */
@Injectable()
export class TokenGrants {
  private readonly grants = new Map<string, TokenGrant>();

  /** `grantType` as clients send it: `refresh_token`, or a URN. */
  register(grantType: string, grant: TokenGrant): void {
    if (this.grants.has(grantType)) throw new Error(`the grant type ${grantType} is registered twice`);
    this.grants.set(grantType, grant);
  }

  /** `body`: what was sent, from a form or from JSON. */
  async exchange(body: unknown, client: Client): Promise<TokenResponse> {
    const { grantType, parameters } = grantParameters(body);
    const grant = this.grants.get(grantType);
    if (grant === undefined)
      throw new OAuthError('unsupported_grant_type', `this grant type is not supported; known are ${[...this.grants.keys()].join(', ')}`);
    return grant(parameters, client);
  }
}
