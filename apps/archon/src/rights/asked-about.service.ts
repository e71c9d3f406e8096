import { Injectable } from '@nestjs/common';
import { forbidden, invalid, notFound } from '#errors';
import { Principal } from '../auth/principal.js';
import { Memberships } from '../members/memberships.service.js';
import { SessionVerifier } from '../sessions/session-verifier.service.js';
import { AccessTokenVerifier } from '../tokens/access-token-verifier.service.js';
import { UsersService } from '../users/users.service.js';
import type { ExplainAccessRequest } from './rights.dto.js';

type Named = Pick<ExplainAccessRequest, 'user' | 'token' | 'session'>;

/** Finds the one whose rights are asked about: the caller, somebody else, or whoever comes with a certain token or session. */
@Injectable()
export class AskedAbout {
  constructor(
    private readonly memberships: Memberships,
    private readonly tokens: AccessTokenVerifier,
    private readonly sessions: SessionVerifier,
    private readonly users: UsersService,
  ) {}

  /**
   * Throws 422 for more than one of them; 403 when a user is asked about by one who is neither that user nor administrator or auditor; 404 for a
   * token or session that has ended, or that the caller can't see.
   */
  async find(caller: Principal, { user, token, session }: Named): Promise<Principal> {
    const given = Object.entries({ user, token, session }).filter(([, value]) => value !== undefined);
    if (given.length > 1)
      throw invalid('the question', [{ field: given[1]?.[0] ?? '', message: 'is one too many: give a user, a token or a session' }]);
    if (token !== undefined) return this.visible(caller, await this.tokens.principalOf(token), ['accesstokens', token]);
    if (session !== undefined) return this.visible(caller, await this.sessions.principalOf(session), ['sessions', session]);
    if (user === undefined || user === caller.user) return caller;
    if (!caller.readsEverything) throw forbidden(`${caller.user} may not ask what ${user} may do: it needs the role auditor`);
    const groups = (await this.users.groupsOf(user)) ?? [];
    return this.memberships.withMemberships(new Principal(user, groups, { kind: 'session', id: '', expiresAt: new Date() }));
  }

  /** A credential with a scope sees no other than itself. */
  private async visible(caller: Principal, found: Principal | undefined, [kind, id]: [string, string]): Promise<Principal> {
    const isItself = found?.provenBy.id === caller.provenBy.id;
    const mayAsk = caller.scope === undefined && (found?.user === caller.user || caller.readsEverything);
    if (found === undefined || !(isItself || mayAsk)) throw notFound(kind, id);
    return this.memberships.withMemberships(found);
  }
}
