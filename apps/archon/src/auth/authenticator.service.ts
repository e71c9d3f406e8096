import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { unauthorized } from '#errors';
import { TokensService } from '../tokens/tokens.service.js';
import { JwtStrategy } from './jwt.strategy.js';
import { Principal } from './principal.js';

/** How long a token that held is not looked up again: the longest time that a revocation made on another replica needs. */
const FRESH_MS = 2000;

/** Turns the headers of a request into its caller; used by the guard of all routes and by the proxy. */
@Injectable()
export class Authenticator {
  private readonly known = new LRUCache<string, Principal>({ max: 10_000, ttl: FRESH_MS });

  constructor(
    private readonly strategy: JwtStrategy,
    private readonly tokens: TokensService,
  ) {
    tokens.onRevoked((id) => {
      for (const [key, principal] of this.known.entries()) if (principal.tokenId === id) this.known.delete(key);
    });
  }

  /** Throws 401, always in the same words: whether a token is unknown, expired or revoked is nobody's business. */
  async authenticate(headers: IncomingHttpHeaders): Promise<Principal> {
    const principal = await this.find(headers);
    if (principal === undefined) throw unauthorized();
    return principal;
  }

  /** Undefined for a request without a token that holds. */
  async find({ authorization }: IncomingHttpHeaders): Promise<Principal | undefined> {
    if (authorization === undefined) return undefined;
    const key = createHash('sha256').update(authorization).digest('base64');
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const claims = await this.strategy.verify({ authorization });
    const token = claims && (await this.tokens.findValid(claims.jti, authorization.slice('Bearer '.length)));
    if (token === undefined) return undefined;
    const principal = new Principal(token.userName, token.groups, token.id);
    const leftMs = token.expiresAt.getTime() - Date.now();
    if (leftMs > 0) this.known.set(key, principal, { ttl: Math.min(FRESH_MS, leftMs) });
    return principal;
  }
}
