import { IsBoolean, IsOptional, IsString, Length } from 'class-validator';
import type { SessionEntity } from './session.entity.js';

/** Longer than any password: an encrypted one has 344 characters. */
const MAX_PASSWORD = 512;

export class LoginRequest {
  /**
   * Name of a local user
   * @example "jane@example.org"
   */
  @IsString()
  @Length(1, 253)
  username: string;

  /**
   * Plain, or encrypted with the key of `/auth/v1/pubkey`
   * @example "correct horse battery staple"
   */
  @IsString()
  @Length(1, MAX_PASSWORD)
  password: string;

  /**
   * Takes the place of the password from now on; needed when the user must change it
   * @example "a much better password"
   */
  @IsOptional()
  @IsString()
  @Length(1, MAX_PASSWORD)
  newPassword?: string;

  /**
   * With `newPassword`: also ends all API tokens of the user. Sessions end in any case
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  revokeTokens?: boolean;
}

/** Parameters of RFC 6749 and its extensions; which ones are needed depends on `grant_type`. */
export class TokenRequest {
  /** @example "refresh_token" */
  grant_type: string;

  /**
   * With `grant_type=refresh_token`
   * @example "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"
   */
  refresh_token?: string;

  /** With `grant_type=authorization_code`: what the redirect of a login brought */
  code?: string;

  /** With `grant_type=authorization_code`: whose SHA-256 the login began with (RFC 7636) */
  code_verifier?: string;

  /** With `grant_type=authorization_code`: the one that the login began with */
  redirect_uri?: string;

  /** With `grant_type=urn:ietf:params:oauth:grant-type:device_code` */
  device_code?: string;

  /** With `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): the OIDC token of a job */
  subject_token?: string;

  /**
   * `urn:ietf:params:oauth:token-type:jwt` or `…:id_token`
   * @example "urn:ietf:params:oauth:token-type:jwt"
   */
  subject_token_type?: string;

  /** `urn:ietf:params:oauth:token-type:access_token`, or absent */
  requested_token_type?: string;

  /** With a token exchange: the trust rule, where several accept the token */
  trust_rule?: string;

  /** With a token exchange: only this cluster of the trust rule, by its name */
  audience?: string;

  /** With a token exchange: only this cluster of the trust rule, by its URL */
  resource?: string;

  /** With a token exchange: only this part of what the trust rule gives, of `cluster:<name>`, `namespace:<cluster>/<name>`, `verb:<verb>`, `read-only` */
  scope?: string;
}

/** As in RFC 6749 (5.1); times in seconds from now. */
export class SessionTokensResponse {
  /** @example "eyJhbGciOiJSUzI1NiJ9.eyJzaWQiOiI2ZjBkMGY1ZSJ9.c2lnbmF0dXJl" */
  access_token: string;

  /** @example "Bearer" */
  token_type: string;

  /** @example 900 */
  expires_in: number;

  /**
   * Opaque, and good for one refresh
   * @example "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"
   */
  refresh_token?: string;

  /**
   * When the session ends unless it is refreshed before
   * @example 86400
   */
  refresh_expires_in?: number;

  /**
   * With a token exchange (RFC 8693)
   * @example "urn:ietf:params:oauth:token-type:access_token"
   */
  issued_token_type?: string;

  /**
   * With a token exchange: what the token is good for
   * @example "namespace:c1/shop"
   */
  scope?: string;

  /**
   * With a token exchange: the rule by which it was given
   * @example "shop-deploy"
   */
  trust_rule?: string;

  /**
   * With a token exchange: who the job is at its issuer
   * @example "repo:octo-org/shop:ref:refs/heads/main"
   */
  subject?: string;
}

export class SessionResponse {
  /** @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  id: string;

  /** @example "jane@example.org" */
  user: string;

  /**
   * What proved the user: `password`, or the name of the issuer
   * @example "password"
   */
  method: string;

  /**
   * Where it was last used
   * @example "192.0.2.7"
   */
  address: string;

  /** @example "curl/8.20.0" */
  userAgent: string;

  /** @example "2026-11-24T08:00:00.000Z" */
  createdAt: string;

  /**
   * Last login or refresh
   * @example "2026-11-24T09:00:00.000Z"
   */
  lastUsedAt: string;

  /**
   * When it ends unless it is refreshed before
   * @example "2026-11-25T09:00:00.000Z"
   */
  expiresAt: string;

  /**
   * Whether this request was sent with it
   * @example true
   */
  current: boolean;
}

export class SessionListResponse {
  /** @example "SessionList" */
  kind: string;

  items: SessionResponse[];
}

export function toSessionResponse(row: SessionEntity, currentId: string): SessionResponse {
  return {
    id: row.id,
    user: row.user.name,
    method: row.method,
    address: row.address,
    userAgent: row.userAgent,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    current: row.id === currentId,
  };
}
