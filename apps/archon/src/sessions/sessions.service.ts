import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { EntityManager, Repository } from 'typeorm';
import { badRequest, notFound, unauthorized } from '#errors';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { SigningKeys } from '../signing/signing-keys.service.js';
import { OAuthError } from './oauth-error.js';
import { SessionEntity } from './session.entity.js';
import type { Client } from '../http/client.js';
import type { TokenResponse } from './session-tokens.js';
import { TokenGrants } from './token-grants.service.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REFRESH_TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** The sessions that one user has at most: one more ends the one that was not used for longest. */
const MAX_SESSIONS = 100;
/** Used refresh tokens that a session remembers. An older one is unknown, and good for nothing either. */
const MAX_USED = 100;
const MAX_LISTED = 500;
/** A session `s` of a user `u` goes on only while nothing has ended all of the user's sessions. */
const HOLDS = 's.generation = u.generation and u.disabled_at is null';

/** The user of a session, as read a moment ago; `generation` tells whether anything has ended all sessions since. */
interface SessionUser {
  id: string;
  generation: number;
}

interface Opened {
  id: string;
  user_name: string;
  now: Date;
  expires_at: Date;
}

/** Logins that go on. All times are the database's. */
@Injectable()
export class SessionsService implements OnModuleInit {
  private readonly checks: ((sessionId: string) => Promise<void>)[] = [];

  constructor(
    @InjectRepository(SessionEntity) private readonly rows: Repository<SessionEntity>,
    private readonly signingKeys: SigningKeys,
    private readonly config: AppConfig,
    private readonly changes: IdentityChanges,
    private readonly grants: TokenGrants,
  ) {}

  /** `check` is asked before a session is refreshed. It throws {@link OAuthError} when the session must end, anything else to refuse for now. */
  beforeRefresh(check: (sessionId: string) => Promise<void>): void {
    this.checks.push(check);
  }

  onModuleInit(): void {
    this.grants.register('refresh_token', ({ refresh_token: token }, client) => {
      if (token === undefined) throw new OAuthError('invalid_request', 'refresh_token is missing');
      return this.refresh(token, client);
    });
  }

  /**
   * Begins a session of a user who has just proved who they are; `method` says how (`password`, or the issuer's name). Throws 401 when
   * the user was disabled, removed, or got another password since `user` was read: such a change must not be overtaken by a login.
   */
  async open(
    user: SessionUser,
    client: Client & { method: string },
    /** Stores, in the same transaction, what belongs to the session. */
    also: (manager: EntityManager, sessionId: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<TokenResponse> {
    const refreshToken = newRefreshToken();
    const { opened, ended } = await this.rows.manager.transaction(async (manager) => {
      const opened = await this.insert(manager, user, client);
      if (opened === undefined) throw unauthorized('the user was changed meanwhile: log in again');
      await insertRefreshToken(manager, opened.id, refreshToken);
      await also(manager, opened.id);
      const [ended] = await manager.query<[{ id: string }[], number]>(
        `delete from sessions where id in
           (select id from sessions where user_id = $1 order by last_used_at desc, id offset ${MAX_SESSIONS}) returning id`,
        [user.id],
      );
      return { opened, ended };
    });
    await Promise.all(ended.map(({ id }) => this.changes.publish({ credential: id })));
    return this.tokens(opened, refreshToken);
  }

  /**
   * A new access token, and a new refresh token in the place of the one that is given: each works once.
   *
   * A refresh token that is used a second time has two holders, and nobody can know which one is the thief: the session ends, with all
   * its tokens, on every replica. Exactly these races exist, and the row of the session is locked so that there are no others:
   * - Two requests with the same token at once: one of them gets new tokens, the other is a second use. It ends the session, so that the
   *   new tokens of the first don't work either. A client must therefore refresh one at a time.
   * - The answer is lost on the way: the client can only try its old token again, which is a second use: it must log in again.
   * - A logout, a change of password or the removal of the user beside a refresh: whichever comes second finds what the first has left. A
   *   refresh that comes second is refused; one that comes first is ended with its session.
   * - A used token that is older than the last hundred of its session is unknown: it is refused, and the session goes on.
   */
  async refresh(token: string, client: Client): Promise<TokenResponse> {
    const next = newRefreshToken();
    await this.confirm(token);
    const outcome = REFRESH_TOKEN.test(token)
      ? await this.rows.manager.transaction((manager) => this.rotate(manager, token, next, client))
      : undefined;
    if (outcome !== undefined && 'ended' in outcome) await this.changes.publish({ credential: outcome.ended });
    if (outcome === undefined || 'ended' in outcome) throw new OAuthError('invalid_grant', 'the refresh token does not hold: log in again');
    return this.tokens(outcome.renewed, next);
  }

  /** The user's name and the end of a session that goes on; undefined for any other. */
  async find(id: string): Promise<{ userName: string; endsAt: Date } | undefined> {
    if (!UUID.test(id)) return undefined;
    const [row] = await this.rows.query<{ user_name: string; ends_at: Date }[]>(
      `select u.name as user_name, s.ends_at from sessions s join users u on u.id = s.user_id
       where s.id = $1 and s.expires_at > now() and ${HOLDS}`,
      [id],
    );
    return row && { userName: row.user_name, endsAt: row.ends_at };
  }

  /** The caller's sessions, or everybody's for who may read everything; the one used last comes first. */
  list(caller: Principal): Promise<SessionEntity[]> {
    const query = this.rows
      .createQueryBuilder('s')
      .innerJoinAndSelect('s.user', 'u')
      .where(`s.expiresAt > now() and s.generation = u.generation and u.disabledAt is null`);
    if (!caller.readsEverything) query.andWhere('u.name = :name', { name: caller.user });
    return query.orderBy('s.lastUsedAt', 'DESC').addOrderBy('s.id').take(MAX_LISTED).getMany();
  }

  /** Ends a session: one's own, or for an administrator anybody's. 404 for somebody else's as for one that does not exist. */
  async delete(caller: Principal, id: string): Promise<void> {
    if (!UUID.test(id)) throw notFound('sessions', id);
    const [ended] = await this.rows.query<[unknown[], number]>(
      'delete from sessions s using users u where s.id = $1 and u.id = s.user_id and ($2 or u.name = $3) returning s.id',
      [id, caller.isAdministrator, caller.user],
    );
    if (ended.length === 0) throw notFound('sessions', id);
    await this.changes.publish({ credential: id });
  }

  /** Ends the session that the caller's token is of. */
  async logout(caller: Principal): Promise<void> {
    if (caller.provenBy.kind !== 'session')
      throw badRequest('this is no session: an API token is revoked with DELETE /auth/v1/accesstoken/{id}');
    await this.delete(caller, caller.provenBy.id);
  }

  /** Removes what has expired. */
  async sweep(): Promise<void> {
    await this.rows.query(`delete from sessions s using users u where u.id = s.user_id and (s.expires_at <= now() or not (${HOLDS}))`);
  }

  /** Outside the transaction of the refresh: others may take long to answer, and no row is locked meanwhile. */
  private async confirm(token: string): Promise<void> {
    if (this.checks.length === 0 || !REFRESH_TOKEN.test(token)) return;
    const [unused] = await this.rows.query<{ session_id: string }[]>(
      'select session_id from refresh_tokens where hash = $1 and used_at is null',
      [hashOf(token)],
    );
    if (unused === undefined) return;
    try {
      for (const check of this.checks) await check(unused.session_id);
    } catch (error) {
      if (error instanceof OAuthError) {
        await this.rows.delete({ id: unused.session_id });
        await this.changes.publish({ credential: unused.session_id });
      }
      throw error;
    }
  }

  private async insert(manager: EntityManager, user: SessionUser, client: Client & { method: string }): Promise<Opened | undefined> {
    const [users] = await manager.query<[unknown[], number]>(
      'update users set last_login_at = now() where id = $1 and generation = $2 and disabled_at is null returning id',
      [user.id, user.generation],
    );
    if (users.length === 0) return undefined;
    const [opened] = await manager.query<Opened[]>(
      `insert into sessions (id, user_id, generation, method, address, user_agent, created_at, last_used_at, expires_at, ends_at)
       values ($1, $2, $8, $3, $4, $5, now(), now(), now() + make_interval(secs => least($6::int, $7::int)), now() + make_interval(secs => $7::int))
       returning id, (select name from users where id = $2) as user_name, now(), expires_at`,
      [
        randomUUID(),
        user.id,
        client.method,
        client.address,
        client.userAgent,
        this.config.sessionIdleSeconds,
        this.config.sessionMaxSeconds,
        user.generation,
      ],
    );
    return opened;
  }

  /** The session is locked first, also against its own deletion: one order for all who change it. */
  private async rotate(
    manager: EntityManager,
    token: string,
    next: string,
    client: Client,
  ): Promise<{ renewed: Opened } | { ended: string } | undefined> {
    const [session] = await manager.query<{ id: string }[]>(
      'select id from sessions where id = (select session_id from refresh_tokens where hash = $1) for update',
      [hashOf(token)],
    );
    if (session === undefined) return undefined;
    const [unused] = await manager.query<[unknown[], number]>(
      'update refresh_tokens set used_at = now() where hash = $1 and used_at is null returning hash',
      [hashOf(token)],
    );
    const renewed = unused.length === 0 ? undefined : await this.renew(manager, session.id, client);
    if (renewed === undefined) {
      await manager.query('delete from sessions where id = $1', [session.id]);
      return { ended: session.id };
    }
    await insertRefreshToken(manager, session.id, next);
    await manager.query(
      `delete from refresh_tokens where hash in
         (select hash from refresh_tokens where session_id = $1 and used_at is not null order by issued_at desc offset ${MAX_USED})`,
      [session.id],
    );
    return { renewed };
  }

  private async renew(manager: EntityManager, id: string, client: Client): Promise<Opened | undefined> {
    const [rows] = await manager.query<[Opened[], number]>(
      `update sessions s set last_used_at = now(), address = $2, user_agent = $3,
         expires_at = least(now() + make_interval(secs => $4::int), s.ends_at)
       from users u where s.id = $1 and u.id = s.user_id and s.expires_at > now() and ${HOLDS}
       returning s.id, u.name as user_name, now(), s.expires_at`,
      [id, client.address, client.userAgent, this.config.sessionIdleSeconds],
    );
    return rows[0];
  }

  private async tokens({ id, user_name, now, expires_at }: Opened, refreshToken: string): Promise<TokenResponse> {
    const iat = Math.floor(now.getTime() / 1000);
    const leftSeconds = Math.floor((expires_at.getTime() - now.getTime()) / 1000);
    const expiresIn = Math.min(this.config.sessionAccessSeconds, leftSeconds);
    return {
      access_token: await this.signingKeys.sign('Session', { jti: randomUUID(), sub: user_name, sid: id, iat, exp: iat + expiresIn }),
      token_type: 'Bearer',
      expires_in: expiresIn,
      refresh_token: refreshToken,
      refresh_expires_in: leftSeconds,
    };
  }
}

/** 256 bits, in the alphabet of URLs. */
const newRefreshToken = (): string => randomBytes(32).toString('base64url');

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

async function insertRefreshToken(manager: EntityManager, sessionId: string, token: string): Promise<void> {
  await manager.query('insert into refresh_tokens (hash, session_id, issued_at) values ($1, $2, clock_timestamp())', [
    hashOf(token),
    sessionId,
  ]);
}
