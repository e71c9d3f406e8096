import { Inject, Injectable } from '@nestjs/common';
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { ApiError } from '#errors';
import type { Logger } from '#log';
import { parseJsonDocument } from '../http/json-document.js';
import { LOGGER } from '../logger.module.js';
import type { Issuer } from './issuers.service.js';
import { refusedToken } from './token-claims.js';

/** How far the clocks of an issuer and Archon may lie apart. */
const CLOCK_TOLERANCE_SECONDS = 60;
const MAX_LENGTH = 32 * 1024;

/** Claims of a token that holds: these four are there, and are what RFC 7519 says. */
export interface HeldClaims extends JWTPayload {
  sub: string;
  /** Seconds since 1970. */
  iat: number;
  exp: number;
}

/** Checks tokens of registered issuers: signature with the issuer's own keys and fixed algorithms, then exactly who, for whom and when. */
@Injectable()
export class IssuerTokens {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** The claims of a token that is meant for one of `audiences`; undefined when it does not hold. Throws only what says 503. */
  async verify({ provider, connection }: Issuer, token: string, audiences: readonly string[]): Promise<HeldClaims | undefined> {
    const refuse = (reason: string) => {
      this.logger.debug({ provider: provider.name, reason }, 'a token of an identity provider was refused');
      return undefined;
    };
    if (token.length > MAX_LENGTH) return refuse('it is too long');
    try {
      const { payload } = await jwtVerify(token, connection.key, {
        issuer: provider.issuer,
        algorithms: provider.algorithms,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'aud', 'exp', 'iat'],
      });
      for (const part of token.split('.').slice(0, 2)) parseJsonDocument(Buffer.from(part, 'base64url').toString('utf8'));
      const reason = refusedToken(decodeProtectedHeader(token), payload, audiences) ?? refusedTimes(payload);
      return reason === undefined ? (payload as HeldClaims) : refuse(reason);
    } catch (error) {
      if (error instanceof ApiError && error.code === 503) throw error;
      return refuse((error as Error).message);
    }
  }
}

/** A moment in the future would keep whatever the issuer says until then from counting. */
function refusedTimes({ iat }: JWTPayload): string | undefined {
  return typeof iat === 'number' && iat <= Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS ? undefined : 'it comes from the future';
}
