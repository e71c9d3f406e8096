import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Max, Min, ValidateNested } from 'class-validator';
import { AccessScopeDto } from '../auth/access-scope.dto.js';
import { withoutIds } from '../auth/bound-scope.js';
import { PageQuery } from '../http/page.dto.js';
import type { AccessTokenEntity } from './access-token.entity.js';

const MAX_OVERLAP_SECONDS = 2_592_000;

export class AccessTokenRequest {
  /**
   * What the token is for
   * @example "deploy job of the web shop"
   */
  @IsString()
  @Length(1, 64)
  description: string;

  /**
   * End of validity in seconds since 1970; 0 or absent means the configured default, where that is allowed
   * @example 1798761600
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  expiration?: number;

  /**
   * Name of the user whom the token stands for; only an administrator may name another than the caller
   * @example "jane@example.org"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  user?: string;

  /** What the token may be used for; absent means everything that its user may do */
  @IsOptional()
  @ValidateNested()
  @Type(() => AccessScopeDto)
  scope?: AccessScopeDto;
}

export class RotateAccessTokenRequest {
  /**
   * How many seconds the old token still holds; absent means the configured overlap
   * @example 600
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_OVERLAP_SECONDS)
  overlapSeconds?: number;

  /**
   * End of validity of the new token in seconds since 1970; absent means that it holds as long as the old one did
   * @example 1798761600
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  expiration?: number;
}

export class ListAccessTokensQuery extends PageQuery {
  /** Only the tokens of this user */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  user?: string;

  /** Only tokens that end before this time, in seconds since 1970; those that have ended already are among them */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(253_402_300_799)
  expiringBefore?: number;
}

export class RevokeAccessTokensQuery {
  /** The user whose tokens are revoked, all of them */
  @IsString()
  @Length(1, 253)
  user: string;
}

export class RevokedAccessTokensResponse {
  /**
   * How many tokens were revoked
   * @example 3
   */
  revoked: number;
}

/** A token without its text. */
export class AccessTokenResponse {
  /** @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  id: string;

  /** @example "deploy job of the web shop" */
  description: string;

  /** @example "jane@example.org" */
  user: string;

  /**
   * Who made it
   * @example "jane@example.org"
   */
  createdBy: string;

  /**
   * Time of issue in seconds since 1970
   * @example 1796083200
   */
  timestamp: number;

  /**
   * End of validity in seconds since 1970
   * @example 1798761600
   */
  expiration: number;

  /** Absent for a token that is good for everything that its user may do */
  scope?: AccessScopeDto;

  /**
   * When it was last used, in seconds since 1970, to the minute; absent when it never was
   * @example 1796086800
   */
  lastUsedAt?: number;

  /**
   * Address of the client that last used it
   * @example "192.0.2.17"
   */
  lastUsedFrom?: string;

  /**
   * Id of the token that took its place in a rotation
   * @example "0b6d3f0a-5f3e-4c61-9d0f-2f6f8f1c7a10"
   */
  replacedBy?: string;
}

export class CreatedAccessTokenResponse extends AccessTokenResponse {
  /**
   * The token, shown this once
   * @example "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiI2ZjBkMGY1ZSJ9.c2lnbmF0dXJl"
   */
  token: string;
}

export class AccessTokenListMetadata {
  /** Token for the next page; absent on the last one */
  continue?: string;
}

export class AccessTokenListResponse {
  /** @example "AccessTokenList" */
  kind: string;

  metadata: AccessTokenListMetadata;

  items: AccessTokenResponse[];
}

export const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

export function toAccessTokenResponse(row: AccessTokenEntity): AccessTokenResponse {
  return {
    id: row.id,
    description: row.description,
    user: row.userName,
    createdBy: row.createdBy,
    timestamp: seconds(row.createdAt),
    expiration: seconds(row.expiresAt),
    ...(row.scope === null ? {} : { scope: withoutIds(row.scope) as AccessScopeDto }),
    ...(row.lastUsedAt === null ? {} : { lastUsedAt: seconds(row.lastUsedAt) }),
    ...(row.lastUsedFrom === null ? {} : { lastUsedFrom: row.lastUsedFrom }),
    ...(row.replacedBy === null ? {} : { replacedBy: row.replacedBy }),
  };
}
