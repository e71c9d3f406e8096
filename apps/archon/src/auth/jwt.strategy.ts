import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ExtractJwt, Strategy, type VerifiedCallback } from 'passport-jwt';
import { SIGNING_ALGORITHM, SigningKeys, TOKEN_AUDIENCE, TOKEN_ISSUER } from '../tokens/signing-keys.service.js';

/** The claims of an API token. `jti` is its row; whatever else matters (user, groups, validity) is read from that row. */
export interface TokenClaims {
  jti: string;
  sub: string;
}

type Request = Parameters<Strategy['authenticate']>[0];

/** Checks form, signature, issuer, audience and times of a bearer token. */
@Injectable()
export class JwtStrategy {
  private readonly strategy: Strategy;

  constructor(signingKeys: SigningKeys) {
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

  /** The claims, or undefined when the token doesn't hold. Passport calls a strategy's `success`, `fail` or `error`. */
  verify(headers: IncomingHttpHeaders): Promise<TokenClaims | undefined> {
    return new Promise((resolve, reject) => {
      const attempt = Object.assign(Object.create(this.strategy) as Strategy, {
        success: (claims: TokenClaims) => resolve(claims),
        fail: () => resolve(undefined),
        error: reject,
      });
      attempt.authenticate({ headers } as Request);
    });
  }
}
