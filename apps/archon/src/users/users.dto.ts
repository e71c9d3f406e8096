import { Type } from 'class-transformer';
import { IsBoolean, IsEmail, IsIn, IsInt, IsObject, IsOptional, IsString, Length, Max, Min, ValidateNested } from 'class-validator';
import { PLATFORM_ROLES } from './platform-roles.js';

export class ListUsersQuery {
  /**
   * Pairs of property (username, email, account, name) and a text that it contains
   * @example "username,jane"
   */
  @IsOptional()
  @IsString()
  @Length(0, 1000)
  filterBy?: string;

  /**
   * Pairs of direction (a, d) and property (also creationTimestamp)
   * @example "a,username"
   */
  @IsOptional()
  @IsString()
  @Length(0, 1000)
  sortBy?: string;

  /**
   * Users per page; 100 when absent
   * @example 20
   */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;

  /**
   * Number of the page, from 1
   * @example 1
   */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page?: number;
}

class UserExtraRequest {
  /**
   * Roles on the whole platform; absent: they stay
   * @example ["auditor"]
   */
  @IsOptional()
  @IsIn(PLATFORM_ROLES, { each: true })
  roles?: string[];

  /** As read; it can't be set */
  @IsOptional()
  @IsBoolean()
  mustChangePassword?: boolean;
}

/** What a user object may carry in a request besides what is read from it: it may be sent back as it was read. */
class UserSpecAsRead {
  @IsOptional()
  @IsString()
  account?: string;

  @IsOptional()
  @IsString()
  connector_type?: string;

  @IsOptional()
  @IsString()
  connector_name?: string;

  @IsOptional()
  @IsString({ each: true })
  groups?: string[];

  @IsOptional()
  @IsString()
  last_login_time?: string;

  @IsOptional()
  @IsString()
  state?: string;

  @IsOptional()
  @IsBoolean()
  valid?: boolean;

  /**
   * Name shown to people
   * @example "Jane Doe"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  username?: string;

  /**
   * Gives or takes the role administrator
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  is_admin?: boolean;

  /**
   * A disabled user's password, sessions and tokens hold no longer
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  is_disabled?: boolean;

  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => UserExtraRequest)
  extra?: UserExtraRequest;
}

export class CreateUserSpec extends UserSpecAsRead {
  /**
   * Name of the user at the login and in clusters
   * @example "jane@example.org"
   */
  @IsEmail()
  @Length(3, 253)
  email: string;

  /**
   * Plain, or encrypted with the key of `/auth/v1/pubkey`; to be changed at the first login
   * @example "correct horse battery staple"
   */
  @IsString()
  @Length(1, 512)
  password: string;
}

export class PatchUserSpec extends UserSpecAsRead {
  /** As read; it can't be changed */
  @IsOptional()
  @IsString()
  email?: string;

  /**
   * A new password: plain, or encrypted with the key of `/auth/v1/pubkey`
   * @example "a much better password"
   */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  password?: string;

  /**
   * The password until now; needed to change one's own
   * @example "correct horse battery staple"
   */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  old_password?: string;

  /**
   * With a new password: also ends all API tokens of the user, whoever made them. Sessions end in any case
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  revokeTokens?: boolean;
}

class UserRequest {
  /** @example "auth.alauda.io/v1" */
  @IsOptional()
  @IsString()
  apiVersion?: string;

  /** @example "User" */
  @IsOptional()
  @IsIn(['User'])
  kind?: string;

  /** As read; the name follows from the email */
  @IsOptional()
  @IsObject()
  metadata?: object;

  @IsOptional()
  @IsObject()
  status?: object;
}

export class CreateUserRequest extends UserRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => CreateUserSpec)
  spec: CreateUserSpec;
}

/** A JSON merge patch: what is absent stays. */
export class PatchUserRequest extends UserRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => PatchUserSpec)
  spec: PatchUserSpec;
}

export class UserMetadataResponse {
  /**
   * MD5 of the email in hexadecimal digits
   * @example "3f5f5f0b6f2a8e8f7a6a3c6a4b8d2c1e"
   */
  name: string;

  /** @example "0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  uid: string;

  /** @example "2026-11-24T08:00:00.000Z" */
  creationTimestamp: string;

  labels: Record<string, string>;
}

export class UserExtraResponse {
  /** @example ["auditor"] */
  roles: string[];

  /** @example false */
  mustChangePassword: boolean;
}

export class UserSpecResponse {
  /** @example "jane@example.org" */
  account: string;

  /** @example "local" */
  connector_type: string;

  /**
   * Who vouches for the user: `local`, or the name of an issuer
   * @example "local"
   */
  connector_name: string;

  /** @example "jane@example.org" */
  email: string;

  /** @example "Jane Doe" */
  username: string;

  /** What the identity provider told at the last login */
  groups: string[];

  /** @example false */
  is_admin: boolean;

  /** @example false */
  is_disabled: boolean;

  /** @example "2026-11-24T08:00:00.000Z" */
  last_login_time?: string;

  /** @example "active" */
  state: string;

  /** @example true */
  valid: boolean;

  extra: UserExtraResponse;
}

export class UserResponse {
  /** @example "auth.alauda.io/v1" */
  apiVersion: string;

  /** @example "User" */
  kind: string;

  metadata: UserMetadataResponse;

  spec: UserSpecResponse;

  status: object;
}

export class UserListResponse {
  /** @example "auth.alauda.io/v1" */
  apiVersion: string;

  /** @example "UserList" */
  kind: string;

  /**
   * How many users there are on all pages
   * @example 1
   */
  total: number;

  items: UserResponse[];
}

export class PasswordPublicKeyResponse {
  /**
   * Seconds since 1970, to be encrypted with the password
   * @example "1796083200"
   */
  ts: string;

  /** PEM of an RSA key */
  pubkey: string;

  /** The PEM in base64 */
  pubkey_encode: string;
}
