import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { type EntityManager, Not, type Repository } from 'typeorm';
import { forbidden } from '#errors';
import { isPrincipalName } from '#kubernetes';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import { groupsOfUser, type PlatformRole } from './platform-roles.js';
import { UNKNOWN_SOURCE, UserEntity } from './user.entity.js';

/** What a request needs to know of its user. */
export interface KnownUser {
  name: string;
  /** Nothing that names a disabled user proves anything. */
  isDisabled: boolean;
  /** As Archon and the clusters see them: of platform roles, and those that an identity provider told at the last login. */
  groups: readonly string[];
}

/** The bound on a change that this replica was not told of. */
const FRESH_MS = 10_000;

/** Who somebody is when a request comes. Rights are read here and never from a token, so that a change of them holds at once. */
@Injectable()
export class UsersService {
  private readonly known = new LRUCache<string, { user: KnownUser | undefined }>({ max: 10_000, ttl: FRESH_MS });
  /** Counts changes, so that what was looked up while one happened is not remembered. */
  private changed = 0;

  constructor(
    @InjectRepository(UserEntity) private readonly rows: Repository<UserEntity>,
    private readonly changes: IdentityChanges,
  ) {
    changes.on((change) => {
      this.changed++;
      if ('user' in change) this.known.delete(change.user);
      else if ('everybody' in change) this.known.clear();
    });
  }

  /** Undefined for a name that no user has. May be up to 10 s old when the connection to the other replicas is lost, else is not. */
  async find(name: string): Promise<KnownUser | undefined> {
    if (!isPrincipalName(name)) return undefined; // whatever somebody typed: no user has such a name
    const known = this.known.get(name);
    if (known !== undefined) return known.user;
    const changedBefore = this.changed;
    const row = await this.rows.findOneBy({ name });
    const user = row === null ? undefined : { name, isDisabled: row.disabledAt !== null, groups: groupsOfUser(row) };
    if (this.changed === changedBefore) this.known.set(name, { user });
    return user;
  }

  /** The groups for a request in this name: none for a name without a user; undefined when the user is disabled, so that nothing holds. */
  async groupsOf(name: string): Promise<readonly string[] | undefined> {
    const user = await this.find(name);
    if (user === undefined) return [];
    return user.isDisabled ? undefined : user.groups;
  }

  /** Ends the sessions of all users of a source. The caller publishes the change. */
  async endSessionsOf(source: string): Promise<void> {
    await this.rows.query('update users set generation = generation + 1 where source = $1', [source]);
  }

  /** Whether a user has this name, of whom some source has told. */
  exists(name: string, within: EntityManager = this.rows.manager): Promise<boolean> {
    return within.existsBy(UserEntity, { name, source: Not(UNKNOWN_SOURCE) });
  }

  /** Makes users of names that nobody has yet: the first source that vouches for one of them takes it over. */
  async expect(names: readonly string[], { by, within }: { by: string; within: EntityManager }): Promise<void> {
    if (names.length === 0) return;
    await within.query(
      `insert into users (id, name, object_name, display_name, source, must_change_password, generation, roles, told_groups, created_by, created_at)
         select gen_random_uuid(), n, md5(n), n, $2, false, 0, '{}', '{}', $3, now() from unnest($1::text[]) as n
         on conflict (name) do nothing`,
      [names, UNKNOWN_SOURCE, by],
    );
  }

  /**
   * Stores what an identity provider (`source`: its issuer) tells of somebody; makes the user at the first time. Roles stay as they are
   * where none are told. Throws 403 when the user is disabled, or when the name belongs to somebody whom another source vouches for: no
   * issuer may speak for the users of another, or for local ones. The caller publishes the change after its transaction.
   */
  async told(
    login: { source: string; name: string; displayName: string; groups: readonly string[]; roles: readonly PlatformRole[] | undefined },
    within: EntityManager,
  ): Promise<{ id: string; name: string; generation: number }> {
    const [row] = await within.query<{ id: string; name: string; generation: number }[]>(
      `insert into users (id, name, object_name, display_name, source, must_change_password, generation, roles, told_groups, created_by, created_at)
         values ($1, $2, md5($2), $3, $4, false, 0, coalesce($6::text[], '{}'), $5, $4, now())
         on conflict (name) do update set display_name = excluded.display_name, told_groups = excluded.told_groups,
             source = excluded.source, roles = coalesce($6::text[], users.roles)
           where users.source in (excluded.source, $7) and users.disabled_at is null
         returning id, name, generation`,
      [randomUUID(), login.name, login.displayName, login.source, [...login.groups], login.roles ?? null, UNKNOWN_SOURCE],
    );
    if (row === undefined) throw forbidden(`${login.name} may not log in through ${login.source}`);
    return row;
  }
}
