import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, QueryFailedError, type Repository } from 'typeorm';
import { alreadyExists, conflict, forbidden, invalid, notFound } from '#errors';
import { isPrincipalName } from '#kubernetes';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { PasswordKeys } from './password-keys.service.js';
import { normalizePassword, passwordFault } from './password-policy.js';
import { PasswordProof } from './password-proof.service.js';
import { Passwords } from './passwords.service.js';
import { requestedRoles, sameRoles } from './requested-roles.js';
import { LOCAL, UNKNOWN_SOURCE, UserEntity } from './user.entity.js';
import { parseFilter, parseSort } from './user-list-query.js';
import { objectNameOf } from './user-object.js';
import type { CreateUserRequest, ListUsersQuery, PatchUserRequest } from './users.dto.js';

/** Held while somebody may cease to be an administrator, so that the last two can't demote each other. */
const ADMINISTRATORS_LOCK = 7_264_501_342;
const UNIQUE_VIOLATION = '23505';
const OBJECT_NAME = /^[0-9a-f]{32}$/;

type Revocation = (manager: EntityManager, userName: string) => Promise<void>;

/** The users that Archon knows, as administrators and the users themselves manage them. */
@Injectable()
export class AccountsService {
  private readonly revocations: Revocation[] = [];

  constructor(
    @InjectRepository(UserEntity) private readonly rows: Repository<UserEntity>,
    private readonly passwords: Passwords,
    private readonly keys: PasswordKeys,
    private readonly proof: PasswordProof,
    private readonly changes: IdentityChanges,
  ) {}

  /**
   * `revoke` ends the API tokens of a user: in the transaction that removes the user, as nothing may be left for a later one of the same
   * name, or that changes the password, where this was asked for.
   */
  onRevocation(revoke: Revocation): void {
    this.revocations.push(revoke);
  }

  /** A page of all users, and how many there are on all pages. */
  async list(query: ListUsersQuery): Promise<{ total: number; items: UserEntity[] }> {
    const limit = query.limit ?? 100;
    const select = this.rows.createQueryBuilder('u');
    for (const [index, { column, text }] of parseFilter(query.filterBy).entries())
      select.andWhere(`position(lower(:text${index}) in lower(u.${column})) > 0`, { [`text${index}`]: text });
    for (const { column, direction } of parseSort(query.sortBy)) select.addOrderBy(`u.${column}`, direction);
    const [items, total] = await select
      .addOrderBy('u.name', 'ASC')
      .skip(((query.page ?? 1) - 1) * limit)
      .take(limit)
      .getManyAndCount();
    return { total, items };
  }

  /** Oneself, or for who may read everything anybody. Others get the same 403 whether or not there is such a user. */
  async get(caller: Principal, objectName: string): Promise<UserEntity> {
    if (!caller.readsEverything && objectName !== objectNameOf(caller.user))
      throw forbidden('only administrators and auditors see other users');
    return this.find(objectName);
  }

  /** A local user, who must change the password at the first login. */
  async create(caller: Principal, { spec }: CreateUserRequest): Promise<UserEntity> {
    if (!isPrincipalName(spec.email) || spec.email !== spec.email.toLowerCase())
      throw invalid('the user', [
        {
          field: 'spec.email',
          message: 'must be printable ASCII in lower case and must not begin with "system:": clusters compare it letter by letter',
        },
      ]);
    const password = await this.hashOfNew(spec.password, spec.email, 'spec.password');
    const row = this.rows.create({
      id: randomUUID(),
      name: spec.email,
      objectName: objectNameOf(spec.email),
      displayName: spec.username ?? spec.email,
      source: LOCAL,
      password,
      mustChangePassword: true,
      generation: 0,
      roles: requestedRoles(spec, []) ?? [],
      toldGroups: [],
      disabledAt: spec.is_disabled === true ? new Date() : null,
      createdBy: caller.user,
      createdAt: new Date(),
      lastLoginAt: null,
    });
    try {
      await this.insert(row);
    } catch (error) {
      if (error instanceof QueryFailedError && (error as { code?: string }).code === UNIQUE_VIOLATION)
        throw alreadyExists(`a user with the email "${spec.email}" exists already`);
      throw error;
    }
    await this.changes.publish({ user: row.name });
    return this.find(row.objectName);
  }

  /**
   * Changes display name and password; an administrator also roles, and whether a user is disabled. The user's own password needs the old
   * one; one that an administrator sets must be changed at the next login. A new password, and disabling, ends all sessions; API tokens too
   * where `revokeTokens` says so.
   */
  async patch(caller: Principal, objectName: string, { spec }: PatchUserRequest, address: string): Promise<UserEntity> {
    const isSelf = objectName === objectNameOf(caller.user);
    if (!isSelf && !caller.isAdministrator) throw forbidden('only administrators change other users');
    const user = await this.find(objectName);
    const roles = requestedRoles(spec, user.roles) ?? user.roles;
    const isDisabled = spec.is_disabled ?? user.disabledAt !== null;
    const changesRights = !sameRoles(roles, user.roles) || isDisabled !== (user.disabledAt !== null);
    if (changesRights && !caller.isAdministrator) throw forbidden('only administrators give and take roles, and disable users');
    if (spec.email !== undefined && spec.email !== user.name)
      throw invalid('the user', [{ field: 'spec.email', message: 'cannot be changed: clusters know the user by it' }]);
    if (spec.revokeTokens === true && spec.password === undefined)
      throw invalid('the user', [
        {
          field: 'spec.revokeTokens',
          message: 'goes with a new password: tokens alone are revoked with DELETE /auth/v1/accesstoken?user=',
        },
      ]);
    const password = spec.password === undefined ? undefined : await this.changedPassword(user, spec, isSelf, address);
    const endsSessions = password !== undefined || (isDisabled && user.disabledAt === null);
    await this.update(
      user,
      { touchesRights: changesRights, revokeTokens: spec.revokeTokens === true },
      {
        displayName: spec.username ?? user.displayName,
        roles,
        disabledAt: isDisabled ? (user.disabledAt ?? new Date()) : null,
        generation: user.generation + (endsSessions ? 1 : 0),
        ...(password === undefined ? {} : { password, mustChangePassword: !isSelf }),
      },
    );
    return this.find(objectName);
  }

  /** Removes the user with all sessions and tokens. */
  async delete(objectName: string): Promise<void> {
    const user = await this.find(objectName);
    await this.keepingAnAdministrator(async (manager) => {
      await this.revokeTokens(manager, user.name);
      await manager.delete(UserEntity, { id: user.id });
    });
    await this.changes.publish({ user: user.name });
  }

  /**
   * The user's own new password, in the place of one that was just proved; ends all sessions, and API tokens where that was asked for.
   * `field` is its name in the request.
   */
  async setOwnPassword(
    user: UserEntity,
    sent: string,
    { field, revokeTokens }: { field: string; revokeTokens: boolean },
  ): Promise<UserEntity> {
    const password = await this.hashOfNew(sent, user.name, field, user.password);
    await this.update(
      user,
      { touchesRights: false, revokeTokens },
      { password, mustChangePassword: false, generation: user.generation + 1 },
    );
    return this.rows.findOneByOrFail({ id: user.id });
  }

  /** Somebody who was only named until now keeps what was given to that name. */
  private async insert({ id, ...row }: UserEntity): Promise<void> {
    const { affected } = await this.rows.update({ name: row.name, source: UNKNOWN_SOURCE }, row);
    if (affected === 0) await this.rows.insert({ id, ...row });
  }

  private async changedPassword(user: UserEntity, spec: PatchUserRequest['spec'], isSelf: boolean, address: string): Promise<string> {
    if (user.source !== LOCAL)
      throw invalid('the user', [{ field: 'spec.password', message: `is not Archon's: ${user.source} vouches for this user` }]);
    if (isSelf) {
      const old = this.keys.reveal(spec.old_password ?? '', 'spec.old_password');
      if ((await this.proof.prove(user.name, old, address)) === undefined)
        throw invalid('the user', [{ field: 'spec.old_password', message: 'is missing or wrong, or the account is locked at present' }]);
    }
    return this.hashOfNew(spec.password ?? '', user.name, 'spec.password', user.password);
  }

  /** `old`: the hash of the password that goes. */
  private async hashOfNew(sent: string, userName: string, field: string, old: string | null = null): Promise<string> {
    const password = normalizePassword(this.keys.reveal(sent, field));
    const fault = passwordFault(password, userName);
    if (fault !== undefined) throw invalid('the password', [{ field, message: fault }]);
    if (old !== null && (await this.passwords.matches(old, password)))
      throw invalid('the password', [{ field, message: 'must be another one than before' }]);
    return this.passwords.hash(password);
  }

  /** Nothing is written when the user has got another generation meanwhile: two changes of a password must not mix. */
  private async update(
    user: UserEntity,
    { touchesRights, revokeTokens }: { touchesRights: boolean; revokeTokens: boolean },
    change: Partial<UserEntity>,
  ): Promise<void> {
    const write = async (manager: EntityManager) => {
      const { affected } = await manager.update(UserEntity, { id: user.id, generation: user.generation }, change);
      if (affected === 0) throw conflict('the user was changed meanwhile: read it again', { name: user.objectName });
      if (revokeTokens) await this.revokeTokens(manager, user.name);
    };
    if (touchesRights) await this.keepingAnAdministrator(write);
    else await this.rows.manager.transaction(write);
    await this.changes.publish({ user: user.name });
  }

  private async revokeTokens(manager: EntityManager, userName: string): Promise<void> {
    for (const revoke of this.revocations) await revoke(manager, userName);
  }

  /** Undoes the change when nobody would be left who can administer the platform. */
  private keepingAnAdministrator(change: (manager: EntityManager) => Promise<void>): Promise<void> {
    return this.rows.manager.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [ADMINISTRATORS_LOCK]);
      await change(manager);
      const [left] = await manager.query<{ count: string }[]>(
        `select count(*) from users where 'administrator' = any(roles) and disabled_at is null`,
      );
      if (left?.count === '0') throw conflict('this is the last administrator who is enabled: make another one first');
    });
  }

  private async find(objectName: string): Promise<UserEntity> {
    const row = OBJECT_NAME.test(objectName) ? await this.rows.findOneBy({ objectName }) : null;
    if (row === null) throw notFound('users', objectName, 'auth.alauda.io');
    return row;
  }
}
