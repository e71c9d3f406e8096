import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, type EntityManager, type Repository, type SelectQueryBuilder } from 'typeorm';
import { conflict, forbidden, invalid, notFound } from '#errors';
import { isPrincipalName } from '#kubernetes';
import { toAccessScope } from '../auth/access-scope.dto.js';
import { type AccessScope, isWithin, uselessScope } from '../auth/access-scope.js';
import type { BoundScope } from '../auth/bound-scope.js';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { ScopeBinding } from '../auth/scope-binding.service.js';
import { outOfScope } from '../auth/scoped-access.js';
import { AppConfig } from '../config.module.js';
import { AccountsService } from '../users/accounts.service.js';
import { readContinueToken, writeContinueToken } from '../http/continue-token.js';
import { SigningKeys } from '../signing/signing-keys.service.js';
import { AccessTokenEntity } from './access-token.entity.js';
import { TokenHash } from './token-hash.service.js';
import { type TokenRow, TokenRows } from './token-rows.service.js';
import { expiryOf } from './token-expiry.js';
import {
  type AccessTokenListResponse,
  type AccessTokenRequest,
  type AccessTokenResponse,
  type CreatedAccessTokenResponse,
  type ListAccessTokensQuery,
  type RotateAccessTokenRequest,
  seconds,
  toAccessTokenResponse,
} from './tokens.dto.js';

const DAY_SECONDS = 86_400;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A token to be made. */
interface NewToken {
  user: string;
  description: string;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
  scope?: BoundScope | undefined;
  /** The token with a scope that it is made with, and ends with. */
  parentId?: string | undefined;
  /** The trust rule by which a job gets it, and the groups that the rule gives. */
  trustRuleId?: string | undefined;
  groups?: readonly string[] | undefined;
}

/** API tokens. All times are the database's, so that replicas agree on when a token ends. */
@Injectable()
export class TokensService {
  constructor(
    @InjectRepository(AccessTokenEntity) private readonly rows: Repository<AccessTokenEntity>,
    private readonly tokenRows: TokenRows,
    private readonly hash: TokenHash,
    private readonly signingKeys: SigningKeys,
    private readonly config: AppConfig,
    private readonly changes: IdentityChanges,
    private readonly scopeBinding: ScopeBinding,
    accounts: AccountsService,
  ) {
    accounts.onRevocation(async (manager, userName) => void (await manager.delete(AccessTokenEntity, { userName })));
  }

  /**
   * A token for the caller; or, from an administrator, for another user. It proves who somebody is; what they may do is looked up.
   * With a credential that has a scope only one within it is made, which doesn't outlive it and ends with it.
   */
  async create(caller: Principal, request: AccessTokenRequest): Promise<CreatedAccessTokenResponse> {
    if (caller.provenBy.kind === 'job' || caller.provenBy.kind === 'serviceaccount')
      throw forbidden('a job or a ServiceAccount makes no API tokens: it has a credential of its own, which is renewed where it came from');
    const user = request.user ?? caller.user;
    if (user !== caller.user && !caller.isAdministrator) throw forbidden('only an administrator may make a token for another user');
    if (user !== caller.user && caller.scope !== undefined)
      throw outOfScope({ field: 'scope', missing: 'no scope at all to make a token for another user' });
    if (!isPrincipalName(user))
      throw invalid('the token request', [{ field: 'user', message: 'must be printable ASCII and must not begin with "system:"' }]);
    const scope = request.scope && this.checkedScope(toAccessScope(request.scope));
    if (!isWithin(scope ?? {}, caller.scope)) throw outOfScope({ field: 'scope', missing: 'a scope that holds the one of the new token' });
    const createdAt = await this.now();
    return this.issue({
      user,
      scope: scope && (await this.scopeBinding.bind(scope, { what: 'the token request', field: 'scope' })),
      description: request.description,
      createdBy: caller.user,
      createdAt,
      expiresAt: expiryOf(request.expiration, { now: createdAt, latest: this.endOf(caller), ...this.limits() }),
      ...(caller.scope !== undefined && caller.provenBy.kind === 'token' ? { parentId: caller.provenBy.id } : {}),
    });
  }

  /** The tokens that the caller sees, newest first, page by page. */
  async list(caller: Principal, query: ListAccessTokensQuery): Promise<AccessTokenListResponse> {
    const limit = query.limit ?? 100;
    const select = this.visible(caller, caller.readsEverything)
      .orderBy('t.createdAt', 'DESC')
      .addOrderBy('t.id', 'DESC')
      .take(limit + 1);
    if (query.user !== undefined) select.andWhere('t.userName = :ofUser', { ofUser: query.user });
    if (query.expiringBefore !== undefined) select.andWhere('t.expiresAt < :before', { before: new Date(query.expiringBefore * 1000) });
    if (query.continue !== undefined) {
      const { createdAt, id } = readContinueToken(query.continue);
      select.andWhere('(t.createdAt, t.id) < (:createdAt, :id::uuid)', { createdAt, id });
    }
    const found = await select.getMany();
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      kind: 'AccessTokenList',
      metadata: found.length > limit && last !== undefined ? { continue: writeContinueToken(last) } : {},
      items: page.map(toAccessTokenResponse),
    };
  }

  async get(caller: Principal, id: string): Promise<AccessTokenResponse> {
    return toAccessTokenResponse(await this.find(caller, id, caller.readsEverything));
  }

  /** A new token in the place of one that ends when the overlap is over. Throws 409 for one that has ended or was rotated already. */
  async rotate(caller: Principal, id: string, request: RotateAccessTokenRequest): Promise<CreatedAccessTokenResponse> {
    const old = await this.find(caller, id, caller.isAdministrator);
    if (old.trustRuleId !== null) throw forbidden('the token of a job is not rotated: the job exchanges its own token for a new one');
    const createdAt = await this.now();
    const expiresAt =
      request.expiration === undefined
        ? this.sameLifetime(old, createdAt)
        : expiryOf(request.expiration, { now: createdAt, latest: old.parentId === null ? undefined : old.expiresAt, ...this.limits() });
    const overlapSeconds = request.overlapSeconds ?? this.config.tokenOverlapSeconds;
    const { user, description, scope, parentId } = {
      ...old,
      user: old.userName,
      scope: old.scope ?? undefined,
      parentId: old.parentId ?? undefined,
    };
    const { row, text } = await this.sign({ user, description, scope, parentId, createdBy: caller.user, createdAt, expiresAt });
    await this.rows.manager.transaction((manager) => this.replace(manager, old, row, overlapSeconds));
    await this.changes.publish({ credential: id });
    return { ...toAccessTokenResponse(row), token: text };
  }

  /** Throws 404 for an unknown token and for somebody else's alike. What a token with a scope has made ends with it. */
  async revoke(caller: Principal, id: string): Promise<void> {
    await this.find(caller, id, caller.isAdministrator);
    const [ended] = await this.rows.query<[{ id: string }[], number]>(
      `with recursive family as (
         select id from access_tokens where id = $1 union select t.id from access_tokens t join family f on t.parent_id = f.id)
       delete from access_tokens where id in (select id from family) returning id`,
      [id],
    );
    if (ended.length === 0) throw notFound('accesstoken', id);
    await Promise.all(ended.map((token) => this.changes.publish({ credential: token.id })));
  }

  /** All tokens of a user: one's own, or for an administrator anybody's. */
  async revokeAll(caller: Principal, user: string): Promise<{ revoked: number }> {
    if (user !== caller.user && !caller.isAdministrator) throw forbidden("only an administrator may revoke another user's tokens");
    const { affected } = await this.rows.delete({ userName: user });
    await this.changes.publish({ user });
    return { revoked: affected ?? 0 };
  }

  /** The row of a token that holds: known, the same text, not ended. */
  async findValid(id: string, token: string): Promise<TokenRow | undefined> {
    const row = await this.findById(id);
    return row !== undefined && this.hash.matches(token, row.hash) ? row : undefined;
  }

  /** The row of a token that has not ended, without a proof. */
  async findById(id: string): Promise<TokenRow | undefined> {
    return UUID.test(id) ? this.tokenRows.find(id) : undefined;
  }

  /** Makes a token without asking who asks. */
  async issue(token: NewToken, within: EntityManager = this.rows.manager): Promise<CreatedAccessTokenResponse> {
    const { row, text } = await this.sign(token);
    await within.insert(AccessTokenEntity, row);
    return { ...toAccessTokenResponse(row), token: text };
  }

  /** Ends all tokens that a trust rule gave, within a transaction; the caller publishes the change of each id afterwards. */
  async revokeOfRule(trustRuleId: string, within: EntityManager): Promise<string[]> {
    const [ended] = await within.query<[{ id: string }[], number]>('delete from access_tokens where trust_rule_id = $1 returning id', [
      trustRuleId,
    ]);
    return ended.map(({ id }) => id);
  }

  /** Removes tokens that ended longer ago than they are kept. */
  async sweep(): Promise<void> {
    await this.rows.query(`delete from access_tokens where expires_at < now() - $1 * interval '1 day'`, [this.config.tokenRetentionDays]);
  }

  /** To the millisecond, as JavaScript has it: what is read from a row must be what was written. */
  async now(): Promise<Date> {
    const [row] = await this.rows.query<{ now: Date }[]>(`select date_trunc('milliseconds', clock_timestamp()) as now`);
    return row?.now ?? new Date(Number.NaN);
  }

  private async sign(token: NewToken): Promise<{ row: AccessTokenEntity; text: string }> {
    const id = randomUUID();
    const claims = { jti: id, sub: token.user, iat: seconds(token.createdAt), exp: seconds(token.expiresAt) };
    const text = await this.signingKeys.sign('AccessToken', claims);
    const row = this.rows.create({
      id,
      userName: token.user,
      description: token.description,
      hash: this.hash.of(text),
      scope: token.scope ?? null,
      parentId: token.parentId ?? null,
      trustRuleId: token.trustRuleId ?? null,
      groups: token.groups === undefined ? null : [...token.groups],
      replacedBy: null,
      lastUsedAt: null,
      lastUsedFrom: null,
      createdBy: token.createdBy,
      createdAt: token.createdAt,
      expiresAt: token.expiresAt,
    });
    return { row, text };
  }

  private async replace(manager: EntityManager, old: AccessTokenEntity, next: AccessTokenEntity, overlapSeconds: number): Promise<void> {
    const [replaced] = await manager.query<[unknown[], number]>(
      `update access_tokens set replaced_by = $2, expires_at = least(expires_at, clock_timestamp() + $3 * interval '1 s')
       where id = $1 and replaced_by is null and expires_at > clock_timestamp() returning id`,
      [old.id, next.id, overlapSeconds],
    );
    if (replaced.length === 0)
      throw conflict('the token has ended or was rotated already: make a new one', { kind: 'accesstoken', name: old.id });
    await manager.insert(AccessTokenEntity, next);
    await manager.query('update access_tokens set parent_id = $2 where parent_id = $1', [old.id, next.id]);
  }

  private async find(caller: Principal, id: string, ofAll: boolean): Promise<AccessTokenEntity> {
    const row = UUID.test(id) ? await this.visible(caller, ofAll).andWhere('t.id = :id', { id }).getOne() : null;
    if (row === null) throw notFound('accesstoken', id);
    return row;
  }

  /** A credential with a scope sees of all tokens only itself and what it has made. */
  private visible(caller: Principal, ofAll: boolean): SelectQueryBuilder<AccessTokenEntity> {
    const select = this.rows.createQueryBuilder('t').where('true');
    if (!ofAll || caller.scope !== undefined) select.andWhere('t.userName = :user', { user: caller.user });
    if (caller.scope !== undefined) {
      const self = ['token', 'job'].includes(caller.provenBy.kind) ? caller.provenBy.id : null;
      select.andWhere(new Brackets((or) => or.where('t.id = :self', { self }).orWhere('t.parentId = :self', { self })));
    }
    return select;
  }

  private checkedScope(scope: AccessScope): AccessScope {
    const fault = uselessScope(scope);
    if (fault !== undefined) throw invalid('the token request', [{ field: 'scope', message: fault }]);
    return scope;
  }

  /** What is made with a scope doesn't outlive it. */
  private endOf(caller: Principal): Date | undefined {
    return caller.scope === undefined ? undefined : caller.provenBy.expiresAt;
  }

  private sameLifetime({ createdAt, expiresAt, parentId }: AccessTokenEntity, now: Date): Date {
    if (parentId !== null) return expiresAt;
    const lifetimeSeconds = Math.min(seconds(expiresAt) - seconds(createdAt), this.config.tokenMaxDays * DAY_SECONDS);
    return new Date((seconds(now) + lifetimeSeconds) * 1000);
  }

  private limits() {
    return {
      defaultDays: this.config.tokenDefaultDays,
      maxDays: this.config.tokenMaxDays,
      isRequired: this.config.tokenExpirationRequired,
    };
  }
}
