import { Injectable } from '@nestjs/common';
import { ExtractJwt, Strategy, type VerifiedCallback } from 'passport-jwt';
import { SIGNING_ALGORITHM, SigningKeys, TOKEN_AUDIENCE, TOKEN_ISSUER } from './signing-keys.service.js';

/** The claims of a JWT that Archon signed. What they say of anybody's rights is not looked at. */
export interface OwnClaims {
  jti: string;
  sub: string;
  /** Seconds since 1970. */
  exp: number;
  /** `AccessToken`: an API token; `Session`: of a login. */
  typ?: unknown;
  /** The session, in a token of a login. */
  sid?: unknown;
}

type Request = Parameters<Strategy['authenticate']>[0];

/** Checks the JWTs that Archon itself signs: form, fixed algorithm, signature, issuer, audience and times (RFC 8725). */
@Injectable()
export class OwnJwts {
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
      (claims: OwnClaims, done: VerifiedCallback) => done(null, claims),
    );
  }

  /** The claims, or undefined when the token doesn't hold or is of another type. Passport calls a strategy's `success`, `fail` or `error`. */
  async verify(token: string, typ: string): Promise<OwnClaims | undefined> {
    const claims = await new Promise<OwnClaims | undefined>((resolve, reject) => {
      const attempt = Object.assign(Object.create(this.strategy) as Strategy, {
        success: resolve,
        fail: () => resolve(undefined),
        error: reject,
      });
      attempt.authenticate({ headers: { authorization: `Bearer ${token}` } } as Request);
    });
    return claims?.typ === typ ? claims : undefined;
  }
}
