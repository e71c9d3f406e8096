import { Injectable } from '@nestjs/common';
import type { CredentialVerifier, UnverifiedClaims } from '../auth/credential-verifier.js';
import { Principal } from '../auth/principal.js';
import { OwnJwts } from '../signing/own-jwts.service.js';
import { TOKEN_ISSUER } from '../signing/signed-token.js';
import { UsersService } from '../users/users.service.js';
import { SessionsService } from './sessions.service.js';

const TYPE = 'Session';

/** Access tokens of sessions: the JWT, then the row of its session, then the user's groups now. */
@Injectable()
export class SessionVerifier implements CredentialVerifier {
  constructor(
    private readonly jwts: OwnJwts,
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
  ) {}

  handles({ iss, typ }: UnverifiedClaims): boolean {
    return iss === TOKEN_ISSUER && typ === TYPE;
  }

  async verify(token: string): Promise<Principal | undefined> {
    const claims = await this.jwts.verify(token, TYPE);
    if (claims === undefined || typeof claims.sid !== 'string') return undefined;
    return this.principalOf(claims.sid, claims.exp * 1000);
  }

  /** Who comes with the session of this id, with a token that ends then; undefined for one that has ended. */
  async principalOf(id: string, endMs = Number.POSITIVE_INFINITY): Promise<Principal | undefined> {
    const session = await this.sessions.find(id);
    const groups = session && (await this.users.groupsOf(session.userName));
    if (session === undefined || groups === undefined) return undefined;
    const expiresAt = new Date(Math.min(endMs, session.endsAt.getTime()));
    return new Principal(session.userName, groups, { kind: 'session', id, expiresAt });
  }
}
