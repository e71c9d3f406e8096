import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ExtractJwt, Strategy, type VerifiedCallback } from 'passport-jwt';
import { keyIdOf, SIGNING_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, type OwnClaims, type TokenType } from './signed-token.js';
import { SigningKeys } from './signing-keys.service.js';

/** How far the clocks of replicas may lie apart. What is valid for how long is decided by the rows of the tokens. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** What the strategy gets in place of a request. */
interface Attempt {
  headers: { authorization: string };
  key: KeyObject;
}

/** Checks the JWTs that Archon itself signs: form, fixed algorithm, key, signature, issuer, audience, times and type (RFC 8725). */
@Injectable()
export class OwnJwts {
  private readonly strategy: Strategy;

  constructor(private readonly signingKeys: SigningKeys) {
    this.strategy = new Strategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        // jsonwebtoken takes a KeyObject, which spares it reading the PEM each time; the types of passport-jwt don't know.
        secretOrKeyProvider: ({ key }: Attempt, _token: unknown, done: (error: unknown, key?: string) => void) =>
          done(null, key as unknown as string),
        algorithms: [SIGNING_ALGORITHM],
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        jsonWebTokenOptions: { clockTolerance: CLOCK_TOLERANCE_SECONDS },
      },
      (claims: OwnClaims, done: VerifiedCallback) => done(null, claims),
    );
  }

  /** The claims, or undefined when the token doesn't hold. Throws only when the keys can't be read. */
  async verify(token: string, typ: TokenType): Promise<OwnClaims | undefined> {
    const id = keyIdOf(token);
    const key = id === undefined ? undefined : await this.signingKeys.find(id);
    const claims = key && (await this.authenticate({ headers: { authorization: `Bearer ${token}` }, key }));
    const isComplete =
      claims?.typ === typ && typeof claims.jti === 'string' && typeof claims.sub === 'string' && typeof claims.exp === 'number';
    return isComplete ? claims : undefined;
  }

  /** Passport calls a strategy's `success`, `fail` or `error`. */
  private authenticate(attempt: Attempt): Promise<(OwnClaims & { typ?: unknown }) | undefined> {
    return new Promise((resolve, reject) => {
      const strategy = Object.assign(Object.create(this.strategy) as Strategy, {
        success: (claims: OwnClaims) => resolve(claims),
        fail: () => resolve(undefined),
        error: reject,
      });
      strategy.authenticate(attempt as unknown as Parameters<Strategy['authenticate']>[0]);
    });
  }
}
