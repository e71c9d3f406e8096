import { Injectable } from '@nestjs/common';
import type { CredentialVerifier, UnverifiedClaims } from '../auth/credential-verifier.js';
import { Principal } from '../auth/principal.js';
import { OwnJwts } from '../signing/own-jwts.service.js';
import { TOKEN_ISSUER } from '../signing/signed-token.js';
import { UsersService } from '../users/users.service.js';
import type { TokenRow } from './token-rows.service.js';
import { TokensService } from './tokens.service.js';

const TYPE = 'AccessToken';

/** API tokens: the JWT, then its row (user, scope, validity), then its user (groups). Nothing but the row's id is taken from the claims. */
@Injectable()
export class AccessTokenVerifier implements CredentialVerifier {
  constructor(
    private readonly jwts: OwnJwts,
    private readonly tokens: TokensService,
    private readonly users: UsersService,
  ) {}

  handles({ iss, typ }: UnverifiedClaims): boolean {
    return iss === TOKEN_ISSUER && typ === TYPE;
  }

  async verify(token: string): Promise<Principal | undefined> {
    const claims = await this.jwts.verify(token, TYPE);
    return this.toPrincipal(claims && (await this.tokens.findValid(claims.jti, token)));
  }

  /** Who comes with the token of this id; undefined for one that has ended. */
  async principalOf(id: string): Promise<Principal | undefined> {
    return this.toPrincipal(await this.tokens.findById(id));
  }

  private async toPrincipal(row: TokenRow | undefined): Promise<Principal | undefined> {
    const groups = row && (await this.users.groupsOf(row.userName));
    const provenBy = row && ({ kind: row.isOfJob ? 'job' : 'token', id: row.id, expiresAt: row.expiresAt } as const);
    return groups && provenBy && new Principal(row.userName, row.groups ?? groups, provenBy, row.scope ?? undefined);
  }
}
