import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { ApiError } from '#errors';
import { AppConfig } from '../config.module.js';
import type { Client } from '../http/client.js';
import { ExternalIdentities } from '../identityproviders/external-identities.service.js';
import { Issuers } from '../identityproviders/issuers.service.js';
import { OAuthError } from '../sessions/oauth-error.js';
import type { TokenResponse } from '../sessions/session-tokens.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { ExternalSessionEntity } from './external-session.entity.js';
import { IssuerClient } from './issuer-client.service.js';

/** Somebody who has proved at an issuer who they are. */
export interface ProvenLogin {
  user: { id: string; generation: number };
  issuer: string;
  subject: string;
  refreshToken: string | undefined;
}

/** An issuer is not asked again about somebody whom it vouched for so lately. */
const LATELY_SECONDS = 30;

/** Sessions of users of identity providers: with each refresh the issuer must vouch for the user again. */
@Injectable()
export class ExternalSessions implements OnModuleInit {
  constructor(
    @InjectRepository(ExternalSessionEntity) private readonly rows: Repository<ExternalSessionEntity>,
    private readonly sessions: SessionsService,
    private readonly issuers: Issuers,
    private readonly client: IssuerClient,
    private readonly identities: ExternalIdentities,
    private readonly cipher: FieldCipher,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.sessions.beforeRefresh((sessionId) => this.confirm(sessionId));
  }

  open({ user, issuer, subject, refreshToken }: ProvenLogin, provider: string, client: Client): Promise<TokenResponse> {
    return this.sessions.open(user, { ...client, method: provider }, async (manager, sessionId) => {
      const sealed = refreshToken === undefined ? null : this.cipher.encrypt(refreshToken, addressOf(sessionId));
      await manager.query(
        'insert into external_sessions (session_id, issuer, subject, refresh_token, confirmed_at) values ($1, $2, $3, $4, now())',
        [sessionId, issuer, subject, sealed],
      );
    });
  }

  /**
   * Asks the issuer whether the session's user still is who they were. Throws {@link OAuthError} when not: the session ends. While the
   * issuer can't be asked the session goes on, for as long as the settings say; after that 503, and it may be tried again.
   */
  private async confirm(sessionId: string): Promise<void> {
    const [row] = await this.rows.query<(ExternalSessionColumns & { age: number })[]>(
      'select *, extract(epoch from now() - confirmed_at)::float8 as age from external_sessions where session_id = $1',
      [sessionId],
    );
    if (row === undefined || row.age < LATELY_SECONDS) return;
    const issuer = await this.issuers.find(row.issuer);
    if (issuer === undefined) throw new OAuthError('invalid_grant', 'the identity provider of this session is gone: log in again');
    if (row.refresh_token === null)
      throw new OAuthError('invalid_grant', 'the identity provider gave no refresh token (scope offline_access): log in again');
    try {
      const old = this.cipher.decrypt(row.refresh_token, addressOf(sessionId));
      const { claims, refreshToken } = await this.client.refresh(issuer, old);
      if (claims.sub !== row.subject) throw new OAuthError('invalid_grant', 'the identity provider speaks of another user: log in again');
      await this.identities.admit(issuer.provider, claims);
      await this.rows.query('update external_sessions set confirmed_at = now(), refresh_token = $2 where session_id = $1', [
        sessionId,
        this.cipher.encrypt(refreshToken ?? old, addressOf(sessionId)),
      ]);
    } catch (error) {
      if (error instanceof ApiError && error.code === 503 && row.age < this.config.issuerOutageSeconds) return;
      if (error instanceof ApiError && error.code === 403) throw new OAuthError('invalid_grant', error.message);
      throw error;
    }
  }
}

interface ExternalSessionColumns {
  issuer: string;
  subject: string;
  refresh_token: string | null;
}

const addressOf = (sessionId: string) => ({ table: 'external_sessions', id: sessionId, field: 'refresh_token' });
