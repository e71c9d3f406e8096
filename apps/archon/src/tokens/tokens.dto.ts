import { IsInt, IsOptional, IsString, Length, Min } from 'class-validator';
import type { AccessTokenEntity } from './access-token.entity.js';

export class AccessTokenRequest {
  /**
   * What the token is for
   * @example "deploy job of the web shop"
   */
  @IsString()
  @Length(1, 64)
  description: string;

  /**
   * End of validity in seconds since 1970; 0 or absent means the configured default
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
   * Time of issue in seconds since 1970
   * @example 1796083200
   */
  timestamp: number;

  /**
   * End of validity in seconds since 1970
   * @example 1798761600
   */
  expiration: number;
}

export class CreatedAccessTokenResponse extends AccessTokenResponse {
  /**
   * The token, shown this once
   * @example "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiI2ZjBkMGY1ZSJ9.c2lnbmF0dXJl"
   */
  token: string;
}

export class AccessTokenListResponse {
  /** @example "AccessTokenList" */
  kind: string;

  items: AccessTokenResponse[];
}

export const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

export function toAccessTokenResponse(row: AccessTokenEntity): AccessTokenResponse {
  return {
    id: row.id,
    description: row.description,
    user: row.userName,
    timestamp: seconds(row.createdAt),
    expiration: seconds(row.expiresAt),
  };
}
