import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { unauthorized } from '#errors';
import { CREDENTIAL_VERIFIERS, type CredentialVerifier, type UnverifiedClaims } from './credential-verifier.js';
import { MEMBERSHIP_SOURCE, type MembershipSource } from './membership-source.js';
import { concerns, IdentityChanges } from './identity-changes.service.js';
import type { Principal } from './principal.js';

/** How long a credential that held is not looked up again: the bound on a revocation that this replica was not told of. */
const FRESH_MS = 2000;
const BEARER = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;

/** How long somebody who showed a good credential is not taken for a stranger. */
const LATELY_MS = 600_000;

/** Turns the headers of a request into its caller; used by the guard of all routes and by the proxy. */
@Injectable()
export class Authenticator {
  private readonly known = new LRUCache<string, Principal>({ max: 10_000, ttl: FRESH_MS, ttlResolution: 0 });
  private readonly lately = new LRUCache<string, true>({ max: 10_000, ttl: LATELY_MS });
  /** What each open connection showed last, so that the next request with the same costs no hash. */
  private readonly shown = new WeakMap<Socket, { authorization: string; key: string }>();
  /** Counts changes, so that what was looked up while one happened is not remembered. */
  private changes = 0;

  constructor(
    @Inject(CREDENTIAL_VERIFIERS) private readonly verifiers: readonly CredentialVerifier[],
    @Inject(MEMBERSHIP_SOURCE) private readonly memberships: MembershipSource,
    identityChanges: IdentityChanges,
  ) {
    identityChanges.on((change) => {
      this.changes++;
      for (const [key, principal] of this.known.entries()) if (concerns(change, principal)) this.known.delete(key);
    });
  }

  /** Throws 401, always in the same words: whether a credential is unknown, expired or revoked is nobody's business. */
  async authenticate(headers: IncomingHttpHeaders): Promise<Principal> {
    const principal = await this.find(headers);
    if (principal === undefined) throw unauthorized();
    return principal;
  }

  /** Whether this credential held a short while ago. It need not hold any more: good for nothing but being spared a limit on strangers. */
  knows({ authorization }: IncomingHttpHeaders): boolean {
    return authorization !== undefined && this.lately.has(keyOf(authorization));
  }

  /** Who sends this on that connection, where it is known without asking anybody; `find` tells otherwise. */
  recall(authorization: string | undefined, socket: Socket): Principal | undefined {
    if (authorization === undefined) return undefined;
    let shown = this.shown.get(socket);
    if (shown?.authorization !== authorization) this.shown.set(socket, (shown = { authorization, key: keyOf(authorization) }));
    return this.known.get(shown.key);
  }

  /** Undefined for a request without a credential that holds. */
  async find({ authorization }: IncomingHttpHeaders): Promise<Principal | undefined> {
    if (authorization === undefined) return undefined;
    const key = keyOf(authorization);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    const changesBefore = this.changes;
    const principal = await this.verify(token);
    if (principal === undefined) return undefined;
    this.lately.set(key, true);
    const leftMs = principal.provenBy.expiresAt.getTime() - Date.now();
    if (leftMs > 0 && this.changes === changesBefore) this.known.set(key, principal, { ttl: Math.min(FRESH_MS, leftMs) });
    return principal;
  }

  private async verify(token: string): Promise<Principal | undefined> {
    const claims = unverifiedClaims(token);
    const principal = claims && (await this.verifiers.find((verifier) => verifier.handles(claims))?.verify(token));
    return principal && this.memberships.withMemberships(principal);
  }
}

/** What is remembered is the hash of the whole header, so that no credential lies about in memory. */
const keyOf = (authorization: string): string => hash('sha256', authorization, 'base64');

function unverifiedClaims(token: string): UnverifiedClaims | undefined {
  try {
    const { iss, typ, aud } = decodeJwt(token);
    return { iss, aud, typ: typeof typ === 'string' ? typ : undefined };
  } catch {
    return undefined; // not a JWT
  }
}
