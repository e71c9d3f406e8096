import { Injectable } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { ApiError } from '#errors';
import type { CredentialVerifier, UnverifiedClaims } from '../auth/credential-verifier.js';
import { Principal } from '../auth/principal.js';
import { UsersService } from '../users/users.service.js';
import { ExternalIdentities } from './external-identities.service.js';
import type { IdentityProviderEntity } from './identity-provider.entity.js';
import { IssuerTokens } from './issuer-tokens.service.js';
import { Issuers } from './issuers.service.js';

/** Tokens of registered issuers, sent to the API as they are: for people with a client of the same issuer, and for programs. */
@Injectable()
export class IssuerTokenVerifier implements CredentialVerifier {
  constructor(
    private readonly issuers: Issuers,
    private readonly tokens: IssuerTokens,
    private readonly identities: ExternalIdentities,
    private readonly users: UsersService,
  ) {}

  /** All issuers are URLs; Archon's own name is none. */
  handles({ iss }: UnverifiedClaims): boolean {
    return iss !== undefined && /^https?:\/\//.test(iss);
  }

  async verify(token: string): Promise<Principal | undefined> {
    const issuer = await this.issuers.find(decodeJwt(token).iss ?? '');
    if (issuer === undefined) return undefined;
    const { provider } = issuer;
    const claims = await this.tokens.verify(issuer, token, audiencesOf(provider));
    if (claims === undefined) return undefined;
    try {
      const { name } = await this.identities.admit(provider, claims);
      const groups = await this.users.groupsOf(name);
      const provenBy = { kind: 'oidc', id: `${provider.issuer}#${claims.sub}`, expiresAt: new Date(claims.exp * 1000) } as const;
      return groups && new Principal(name, groups, provenBy);
    } catch (error) {
      if (error instanceof ApiError && error.code === 403) return undefined;
      throw error;
    }
  }
}

/** For whom a token may be meant that counts as its user. None for an issuer of jobs alone: those need a trust rule. */
const audiencesOf = ({ clientId, audiences }: IdentityProviderEntity): string[] => [...(clientId === null ? [] : [clientId]), ...audiences];
