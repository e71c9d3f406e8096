import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { forbidden, invalid, notFound } from '#errors';
import { isPrincipalName } from '#kubernetes';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { AccountsService } from '../users/accounts.service.js';
import { AccessTokenEntity } from './access-token.entity.js';
import { SigningKeys } from '../signing/signing-keys.service.js';
import {
  type AccessTokenRequest,
  type AccessTokenResponse,
  type CreatedAccessTokenResponse,
  seconds,
  toAccessTokenResponse,
} from './tokens.dto.js';

const DAY_MS = 86_400_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

@Injectable()
export class TokensService {
  constructor(
    @InjectRepository(AccessTokenEntity) private readonly rows: Repository<AccessTokenEntity>,
    private readonly signingKeys: SigningKeys,
    private readonly config: AppConfig,
    private readonly changes: IdentityChanges,
    accounts: AccountsService,
  ) {
    accounts.onRemoval(async (manager, userName) => void (await manager.delete(AccessTokenEntity, { userName })));
  }

  /** A token for the caller; or, from an administrator, for another user. It proves who somebody is; what they may do is looked up. */
  async create(caller: Principal, request: AccessTokenRequest): Promise<CreatedAccessTokenResponse> {
    const user = request.user ?? caller.user;
    if (user !== caller.user && !caller.isAdministrator) throw forbidden('only an administrator may make a token for another user');
    if (!isPrincipalName(user))
      throw invalid('the token request', [{ field: 'user', message: 'must be printable ASCII and must not begin with "system:"' }]);
    return this.issue({
      user,
      description: request.description,
      createdBy: caller.user,
      expiresAt: this.expiry(request.expiration),
    });
  }

  /** The caller's own tokens, or everybody's for an administrator; newest first. */
  async list(caller: Principal): Promise<{ kind: string; items: AccessTokenResponse[] }> {
    const where = caller.readsEverything ? {} : { userName: caller.user };
    const rows = await this.rows.find({ where, order: { createdAt: 'DESC', id: 'ASC' }, take: 500 });
    return { kind: 'AccessTokenList', items: rows.map(toAccessTokenResponse) };
  }

  /** Throws 404 for an unknown token and for somebody else's alike. */
  async revoke(caller: Principal, id: string): Promise<void> {
    if (!UUID.test(id)) throw notFound('accesstoken', id);
    const { affected } = await this.rows.delete({ id, ...(caller.isAdministrator ? {} : { userName: caller.user }) });
    if (affected === 0) throw notFound('accesstoken', id);
    await this.changes.publish({ credential: id });
  }

  /** The row of a token that holds: known, the same text, not expired. */
  async findValid(id: string, token: string): Promise<AccessTokenEntity | undefined> {
    if (!UUID.test(id)) return undefined;
    const row = await this.rows.findOneBy({ id });
    if (row === null || row.expiresAt.getTime() <= Date.now()) return undefined;
    return timingSafeEqual(row.hash, hashOf(token)) ? row : undefined;
  }

  /** Makes a token without asking who asks: for the first administrator. */
  async issue(token: { user: string; description: string; createdBy: string; expiresAt: Date }): Promise<CreatedAccessTokenResponse> {
    const createdAt = new Date();
    const id = randomUUID();
    const text = await this.signingKeys.sign('AccessToken', {
      jti: id,
      sub: token.user,
      iat: seconds(createdAt),
      exp: seconds(token.expiresAt),
    });
    const row = await this.rows.save({
      id,
      userName: token.user,
      description: token.description,
      hash: hashOf(text),
      scope: null,
      parentId: null,
      replacedBy: null,
      lastUsedAt: null,
      lastUsedFrom: null,
      createdBy: token.createdBy,
      createdAt,
      expiresAt: token.expiresAt,
    });
    return { ...toAccessTokenResponse(row), token: text };
  }

  private expiry(expiration: number | undefined): Date {
    if (!expiration) return new Date(Date.now() + this.config.tokenDefaultDays * DAY_MS);
    const at = new Date(expiration * 1000);
    const latest = Date.now() + this.config.tokenMaxDays * DAY_MS;
    if (!(at.getTime() > Date.now() && at.getTime() <= latest))
      throw invalid('the token request', [
        { field: 'expiration', message: `must lie in the future, at most ${this.config.tokenMaxDays} days away (seconds since 1970)` },
      ]);
    return at;
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
