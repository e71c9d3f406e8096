import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { KubernetesName } from '../http/kubernetes-name.decorator.js';
import type { IdentityProviderEntity } from './identity-provider.entity.js';

/** Signatures that a key of an issuer can make (RFC 7518, 3.1); none with a shared secret, and never `none`. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
const CLAIM = /^[A-Za-z0-9_./:-]+$/;
const CLAIM_MESSAGE = { message: 'must be the name of a claim' };
/** Visible ASCII (RFC 6749, Appendix A). */
const VISIBLE = /^[\x21-\x7e]*$/;
const VISIBLE_MESSAGE = { each: true, message: 'must be visible ASCII without blanks' };
const MAX_LIST = 100;

export class ClaimsRequest {
  /**
   * Claim that names the user: `sub`, `email` (which must be verified), or another one that never changes its owner
   * @example "email"
   */
  @IsString()
  @Length(1, 100)
  @Matches(CLAIM, CLAIM_MESSAGE)
  username: string;

  /**
   * Claim with the user's groups; without it nobody has any
   * @example "groups"
   */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(CLAIM, CLAIM_MESSAGE)
  groups?: string | null;

  /**
   * Claim with the email that is shown to people
   * @example "email"
   */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(CLAIM, CLAIM_MESSAGE)
  email?: string | null;
}

export class RoleGroupsRequest {
  /**
   * Members of one of these groups of the issuer administer the platform
   * @example ["platform-admins"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_LIST)
  @IsString({ each: true })
  @Length(1, 255, { each: true })
  administrator?: string[];

  /**
   * Members of one of these groups of the issuer read everything
   * @example ["security-audit"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_LIST)
  @IsString({ each: true })
  @Length(1, 255, { each: true })
  auditor?: string[];
}

/** All but the issuer, which never changes. `null` takes an optional field away. */
export class IdentityProviderChange {
  /**
   * Client that Archon is at the issuer. Without it, and without audiences, nobody comes in directly: only trust rules use the issuer
   * @example "archon"
   */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  @Matches(VISIBLE, { message: 'must be visible ASCII without blanks' })
  clientId?: string | null;

  /** Of a confidential client. Stored encrypted, and never shown again */
  @IsOptional()
  @IsString()
  @Length(1, 1024)
  clientSecret?: string | null;

  /**
   * Audiences, beside the client id, of tokens that may be sent to the API directly
   * @example ["archon-api"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_LIST)
  @IsString({ each: true })
  @Length(1, 255, { each: true })
  @Matches(VISIBLE, VISIBLE_MESSAGE)
  audiences?: string[];

  /**
   * The only signature algorithms that count; RS256 and ES256 when absent
   * @example ["RS256"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @IsIn(ALGORITHMS, { each: true, message: `must be of ${ALGORITHMS.join(', ')}` })
  algorithms?: string[];

  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => ClaimsRequest)
  claims?: ClaimsRequest;

  /**
   * Stands before the name of each user; the provider's name and a colon when absent
   * @example "corp:"
   */
  @IsOptional()
  @IsString()
  @Length(0, 100)
  @Matches(VISIBLE, { message: 'must be visible ASCII without blanks' })
  usernamePrefix?: string | null;

  /**
   * Stands before the name of each group; the provider's name and a colon when absent
   * @example "corp:"
   */
  @IsOptional()
  @IsString()
  @Length(0, 100)
  @Matches(VISIBLE, { message: 'must be visible ASCII without blanks' })
  groupsPrefix?: string | null;

  /**
   * Groups, as the issuer names them: only members of one of them may come in
   * @example ["developers", "platform-admins"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_LIST)
  @IsString({ each: true })
  @Length(1, 255, { each: true })
  allowedGroups?: string[] | null;

  /** Groups whose members have a role on the platform. With it roles follow the issuer; without it administrators give them to users */
  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => RoleGroupsRequest)
  roles?: RoleGroupsRequest | null;

  /**
   * Asked for at a login. `offline_access` makes the issuer give a refresh token: without one a session can't be prolonged
   * @example ["openid", "offline_access", "email", "groups"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_LIST)
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  @Matches(VISIBLE, VISIBLE_MESSAGE)
  scopes?: string[];

  /** CA of the issuer beside the public ones: PEM in base64 */
  @IsOptional()
  @IsString()
  @Length(1, 100_000)
  certificateAuthorityData?: string | null;

  /** True keeps everybody of this issuer out, and ends their sessions */
  @IsOptional()
  @IsBoolean()
  disabled?: boolean;
}

export class IdentityProviderSpecRequest extends IdentityProviderChange {
  /**
   * As the issuer writes it in its tokens
   * @example "https://login.example.org"
   */
  @IsString()
  @Length(1, 1024)
  issuer: string;

  @ValidateNested()
  @IsObject()
  @Type(() => ClaimsRequest)
  declare claims: ClaimsRequest;
}

export class IdentityProviderMetadataRequest {
  /** @example "corp" */
  @KubernetesName()
  name: string;
}

export class CreateIdentityProviderRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => IdentityProviderMetadataRequest)
  metadata: IdentityProviderMetadataRequest;

  @ValidateNested()
  @IsObject()
  @Type(() => IdentityProviderSpecRequest)
  spec: IdentityProviderSpecRequest;
}

/** A JSON merge patch: what is absent stays. */
export class UpdateIdentityProviderRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => IdentityProviderChange)
  spec: IdentityProviderChange;
}

export class WriteQuery {
  /** `All`: everything is checked, the issuer is asked, and nothing is stored */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}

export class IdentityProviderMetadataResponse {
  /** @example "corp" */
  name: string;
  /** @example "0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  uid: string;
  /** @example "2026-11-23T20:00:00.000Z" */
  creationTimestamp: string;
}

export class IdentityProviderSpecResponse {
  /** @example "https://login.example.org" */
  issuer: string;
  /** @example "archon" */
  clientId?: string;
  /** @example ["archon-api"] */
  audiences: string[];
  /** @example ["RS256", "ES256"] */
  algorithms: string[];
  claims: ClaimsRequest;
  /** @example "corp:" */
  usernamePrefix: string;
  /** @example "corp:" */
  groupsPrefix: string;
  /** @example ["developers"] */
  allowedGroups?: string[];
  roles?: RoleGroupsRequest;
  /** @example ["openid", "offline_access"] */
  scopes: string[];
  /** PEM in base64 */
  certificateAuthorityData?: string;
  /** @example false */
  disabled: boolean;
}

export class IdentityProviderStatusResponse {
  /** Whether a client secret is stored */
  hasClientSecret: boolean;
  /**
   * Where Archon sends requests to, as found when the provider was saved last
   * @example ["https://login.example.org"]
   */
  origins: string[];
  /**
   * To be registered at the issuer as a redirect URI
   * @example "https://archon.example.org/auth/v1/oidc/corp/callback"
   */
  callbackUrl: string;
}

export class IdentityProviderResponse {
  /** @example "IdentityProvider" */
  kind: string;
  metadata: IdentityProviderMetadataResponse;
  spec: IdentityProviderSpecResponse;
  status: IdentityProviderStatusResponse;
}

export class IdentityProviderListResponse {
  /** @example "IdentityProviderList" */
  kind: string;
  items: IdentityProviderResponse[];
}

export function toIdentityProviderResponse(row: IdentityProviderEntity, callbackUrl: string): IdentityProviderResponse {
  const { claims, usernamePrefix, groupsPrefix, allowedGroups, roles } = row.rules;
  return {
    kind: 'IdentityProvider',
    metadata: { name: row.name, uid: row.id, creationTimestamp: row.createdAt.toISOString() },
    spec: {
      issuer: row.issuer,
      ...(row.clientId === null ? {} : { clientId: row.clientId }),
      audiences: row.audiences,
      algorithms: row.algorithms,
      claims,
      usernamePrefix,
      groupsPrefix,
      ...(allowedGroups === undefined ? {} : { allowedGroups }),
      ...(roles === undefined ? {} : { roles }),
      scopes: row.scopes,
      ...(row.certificateAuthority === null ? {} : { certificateAuthorityData: Buffer.from(row.certificateAuthority).toString('base64') }),
      disabled: row.disabledAt !== null,
    },
    status: { hasClientSecret: row.clientSecret !== null, origins: row.origins, callbackUrl },
  };
}
