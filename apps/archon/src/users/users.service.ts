import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import type { Repository } from 'typeorm';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import { groupsOfUser } from './platform-roles.js';
import { UserEntity } from './user.entity.js';

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
  private changes = 0;

  constructor(
    @InjectRepository(UserEntity) private readonly rows: Repository<UserEntity>,
    changes: IdentityChanges,
  ) {
    changes.on((change) => {
      this.changes++;
      if ('user' in change) this.known.delete(change.user);
      else if ('everybody' in change) this.known.clear();
    });
  }

  /** Undefined for a name that no user has. May be up to 10 s old when the connection to the other replicas is lost, else is not. */
  async find(name: string): Promise<KnownUser | undefined> {
    const known = this.known.get(name);
    if (known !== undefined) return known.user;
    const changesBefore = this.changes;
    const row = await this.rows.findOneBy({ name });
    const user = row === null ? undefined : { name, isDisabled: row.disabledAt !== null, groups: groupsOfUser(row) };
    if (this.changes === changesBefore) this.known.set(name, { user });
    return user;
  }

  /** The groups for a request in this name: none for a name without a user; undefined when the user is disabled, so that nothing holds. */
  async groupsOf(name: string): Promise<readonly string[] | undefined> {
    const user = await this.find(name);
    if (user === undefined) return [];
    return user.isDisabled ? undefined : user.groups;
  }
}
