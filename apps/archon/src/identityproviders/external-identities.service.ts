import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import type { EntityManager, Repository } from 'typeorm';
import { forbidden } from '#errors';
import type { Logger } from '#log';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import { LOGGER } from '../logger.module.js';
import { UsersService } from '../users/users.service.js';
import { type ClaimedIdentity, claimedIdentity } from './claimed-identity.js';
import { ExternalIdentityEntity } from './external-identity.entity.js';
import type { IdentityProviderEntity } from './identity-provider.entity.js';
import type { HeldClaims } from './issuer-tokens.service.js';

/** The user here whom an issuer vouches for; `generation` as sessions need it. */
export interface AdmittedUser {
  id: string;
  name: string;
  generation: number;
}

interface BoundUser extends AdmittedUser {
  disabled: boolean;
  told_at: Date;
}

/** The bound on a change that this replica was not told of. */
const FRESH_MS = 10_000;

/** Who at which issuer is which user here. */
@Injectable()
export class ExternalIdentities {
  private readonly known = new LRUCache<string, AdmittedUser>({ max: 10_000, ttl: FRESH_MS });
  /** Counts changes, so that what was looked up while one happened is not remembered. */
  private changed = 0;

  constructor(
    @InjectRepository(ExternalIdentityEntity) private readonly rows: Repository<ExternalIdentityEntity>,
    private readonly users: UsersService,
    private readonly changes: IdentityChanges,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    changes.on((change) => {
      if ('credential' in change || 'scopes' in change) return;
      this.changed++;
      this.known.clear();
    });
  }

  /**
   * The user of these claims, made at the first time. Groups and roles follow what the issuer said last: an older token changes nothing.
   * Throws 403 when the claims, the rules or the user's state keep them out; why exactly is only for the log.
   */
  async admit(provider: IdentityProviderEntity, claims: HeldClaims): Promise<AdmittedUser> {
    const identity = claimedIdentity(claims, provider.rules);
    if ('refused' in identity) throw this.refusal(provider, identity.refused);
    const key = JSON.stringify([provider.issuer, provider.generation, identity.subject, claims.iat]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const changedBefore = this.changed;
    const admitted = await this.store(provider, identity, new Date(claims.iat * 1000));
    if (this.changed === changedBefore) this.known.set(key, admitted);
    return admitted;
  }

  private async store(provider: IdentityProviderEntity, identity: ClaimedIdentity, at: Date): Promise<AdmittedUser> {
    const found = await this.find(this.rows.manager, provider.issuer, identity.subject);
    if (found?.disabled === true) throw this.refusal(provider, 'the user is disabled');
    if (found !== undefined && found.told_at >= at) return found;
    const admitted = await this.rows.manager.transaction((manager) =>
      found === undefined ? this.bind(manager, provider, identity, at) : this.renew(manager, provider, identity, at, found),
    );
    await this.changes.publish({ user: admitted.name });
    return admitted;
  }

  /** One after the other for each name: of two who come with the same name at once, the second finds it taken. */
  private async bind(manager: EntityManager, provider: IdentityProviderEntity, identity: ClaimedIdentity, at: Date): Promise<AdmittedUser> {
    const { issuer } = provider;
    const { subject, name } = identity;
    await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`external identity ${name}`]);
    const found = await this.find(manager, issuer, subject);
    if (found !== undefined) return found;
    if (await this.users.exists(name, manager))
      throw this.refusal(provider, `the name ${name} belongs to somebody else: another source, or another subject of this one`);
    const user = await this.users.told({ ...identity, source: issuer }, manager);
    await manager.insert(ExternalIdentityEntity, { issuer, subject, userId: user.id, toldAt: at });
    return user;
  }

  /** The name stays the one of the first login, whatever the claim says now. */
  private async renew(
    manager: EntityManager,
    { issuer }: IdentityProviderEntity,
    identity: ClaimedIdentity,
    at: Date,
    { name }: BoundUser,
  ): Promise<AdmittedUser> {
    const { subject } = identity;
    await manager.query('update external_identities set told_at = greatest(told_at, $3) where issuer = $1 and subject = $2', [
      issuer,
      subject,
      at,
    ]);
    return this.users.told({ ...identity, name, source: issuer }, manager);
  }

  private async find(manager: EntityManager, issuer: string, subject: string): Promise<BoundUser | undefined> {
    const [row] = await manager.query<BoundUser[]>(
      `select u.id, u.name, u.generation, u.disabled_at is not null as disabled, e.told_at
         from external_identities e join users u on u.id = e.user_id where e.issuer = $1 and e.subject = $2`,
      [issuer, subject],
    );
    return row;
  }

  private refusal({ name }: IdentityProviderEntity, reason: string): Error {
    this.logger.warn({ provider: name, reason }, 'a login through an identity provider was refused');
    return forbidden(`identity provider "${name}" vouches for a user who may not come in: an administrator finds the reason in the log`);
  }
}
