import { Injectable } from '@nestjs/common';
import { ExtractJwt, Strategy, type VerifiedCallback } from 'passport-jwt';
import type { CredentialVerifier, UnverifiedClaims } from '../auth/credential-verifier.js';
import { Principal } from '../auth/principal.js';
import { UsersService } from '../users/users.service.js';
import { SIGNING_ALGORITHM, SigningKeys, TOKEN_AUDIENCE, TOKEN_ISSUER } from './signing-keys.service.js';
import { TokensService } from './tokens.service.js';

/** The claims of an API token. `jti` is its row; the user and the validity are read from that row, the groups from the user. */
interface TokenClaims {
  jti: string;
}

type Request = Parameters<Strategy['authenticate']>[0];

/** API tokens: form, signature, issuer, audience and times of the JWT, then its row, then its user. */
@Injectable()
export class AccessTokenVerifier implements CredentialVerifier {
  private readonly strategy: Strategy;

  constructor(
    signingKeys: SigningKeys,
    private readonly tokens: TokensService,
    private readonly users: UsersService,
  ) {
    this.strategy = new Strategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKeyProvider: (_request: unknown, _token: unknown, done: (error: unknown, key?: string) => void) =>
          done(null, signingKeys.publicKey),
        algorithms: [SIGNING_ALGORITHM],
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        jsonWebTokenOptions: { clockTolerance: 30 },
      },
      (claims: TokenClaims, done: VerifiedCallback) => done(null, claims),
    );
  }

  handles({ iss, typ }: UnverifiedClaims): boolean {
    return iss === TOKEN_ISSUER && typ === 'AccessToken';
  }

  async verify(token: string): Promise<Principal | undefined> {
    const claims = await this.claimsOf(token);
    const row = claims && (await this.tokens.findValid(claims.jti, token));
    const groups = row && (await this.users.groupsOf(row.userName));
    return groups && new Principal(row.userName, groups, { kind: 'token', id: row.id, expiresAt: row.expiresAt });
  }

  /** The claims, or undefined when the token doesn't hold. Passport calls a strategy's `success`, `fail` or `error`. */
  private claimsOf(token: string): Promise<TokenClaims | undefined> {
    return new Promise((resolve, reject) => {
      const attempt = Object.assign(Object.create(this.strategy) as Strategy, {
        success: (claims: TokenClaims) => resolve(claims),
        fail: () => resolve(undefined),
        error: reject,
      });
      attempt.authenticate({ headers: { authorization: `Bearer ${token}` } } as Request);
    });
  }
}
