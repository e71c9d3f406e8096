import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { AccessScopeDto } from '../auth/access-scope.dto.js';
import { withoutIds } from '../auth/bound-scope.js';
import { KubernetesName } from '../http/kubernetes-name.decorator.js';
import type { TrustRuleEntity } from './trust-rule.entity.js';

const MAX_LIFETIME_MINUTES = 60;
const MAX_CONDITIONS = 20;
const MAX_GROUPS = 50;

/** Not for `null`: there is nothing to take away. */
const IfGiven = () => ValidateIf((_, value) => value !== undefined);

export class ClaimConditionDto {
  /**
   * Claim of the job's token
   * @example "repository"
   */
  @IsString()
  @Length(1, 100)
  @Matches(/^[A-Za-z0-9_./:-]+$/, { message: 'must be the name of a claim' })
  claim: string;

  /**
   * What the claim must be, letter by letter
   * @example "octo-org/shop"
   */
  @IfGiven()
  @IsString()
  @Length(1, 512)
  equals?: string;

  /** A pattern instead: `*` stands for a part without `/` and `:`, `**` for anything */
  @IfGiven()
  @IsString()
  @Length(1, 512)
  glob?: string;
}

class TrustRuleSettings {
  /**
   * What the rule is for
   * @example "Deployments of the shop from its main branch"
   */
  @IfGiven()
  @IsString()
  @Length(0, 253)
  description?: string;

  /**
   * As whom the job acts: `ci:` and a name; `ci:` and the name of the rule when absent
   * @example "ci:shop-deploy"
   */
  @IfGiven()
  @IsString()
  @Matches(/^ci:[a-z0-9]([-a-z0-9_./]{0,98}[a-z0-9])?$/, {
    message: 'must be "ci:" and a name of lower-case letters, digits, "-", "_", "." and "/"',
  })
  user?: string;

  /**
   * Groups in which clusters see the job; none of the platform's own
   * @example ["deployers"]
   */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MAX_GROUPS)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 253, { each: true })
  groups?: string[];

  /**
   * How long the token holds; 15 minutes when absent
   * @example 15
   */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(MAX_LIFETIME_MINUTES)
  lifetimeMinutes?: number;

  /** True lets no job in by this rule, and ends the tokens that it gave */
  @IfGiven()
  @IsBoolean()
  disabled?: boolean;
}

/** All but the identity provider, which never changes. What is absent stays. */
export class TrustRuleChange extends TrustRuleSettings {
  /**
   * For whom the job's token must be meant (`aud`); none of those whose tokens come in directly
   * @example "https://archon.example.org/ci"
   */
  @IfGiven()
  @IsString()
  @Length(1, 255)
  @Matches(/^[\x21-\x7e]+$/, { message: 'must be visible ASCII without blanks' })
  audience?: string;

  /** What the claims of the job's token must be, all of it. One of them must say whose job it is */
  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_CONDITIONS)
  @ValidateNested({ each: true })
  @Type(() => ClaimConditionDto)
  conditions?: ClaimConditionDto[];

  /** What the token may be used for: it must narrow */
  @IfGiven()
  @ValidateNested()
  @IsObject()
  @Type(() => AccessScopeDto)
  scope?: AccessScopeDto;
}

export class TrustRuleSpecRequest extends TrustRuleSettings {
  /**
   * Name of the identity provider whose jobs these are
   * @example "github-actions"
   */
  @KubernetesName()
  identityProvider: string;

  /**
   * For whom the job's token must be meant (`aud`); none of those whose tokens come in directly
   * @example "https://archon.example.org/ci"
   */
  @IsString()
  @Length(1, 255)
  @Matches(/^[\x21-\x7e]+$/, { message: 'must be visible ASCII without blanks' })
  audience: string;

  /** What the claims of the job's token must be, all of it. One of them must say whose job it is */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_CONDITIONS)
  @ValidateNested({ each: true })
  @Type(() => ClaimConditionDto)
  conditions: ClaimConditionDto[];

  /** What the token may be used for: it must narrow */
  @ValidateNested()
  @IsObject()
  @Type(() => AccessScopeDto)
  scope: AccessScopeDto;
}

export class TrustRuleMetadataRequest {
  /** @example "shop-deploy" */
  @KubernetesName()
  name: string;
}

export class CreateTrustRuleRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => TrustRuleMetadataRequest)
  metadata: TrustRuleMetadataRequest;

  @ValidateNested()
  @IsObject()
  @Type(() => TrustRuleSpecRequest)
  spec: TrustRuleSpecRequest;
}

/** A JSON merge patch: what is absent stays. */
export class UpdateTrustRuleRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => TrustRuleChange)
  spec: TrustRuleChange;
}

export class TrustRuleWriteQuery {
  /** `All`: everything is checked, and nothing is stored */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}

export class TrustRuleMetadataResponse {
  /** @example "shop-deploy" */
  name: string;
  /** @example "0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  uid: string;
  /** @example "2026-11-23T20:00:00.000Z" */
  creationTimestamp: string;
  /**
   * Counts changes
   * @example 1
   */
  generation: number;
}

export class TrustRuleSpecResponse {
  /** @example "github-actions" */
  identityProvider: string;
  /** @example "Deployments of the shop from its main branch" */
  description: string;
  /** @example "https://archon.example.org/ci" */
  audience: string;
  conditions: ClaimConditionDto[];
  /** @example "ci:shop-deploy" */
  user: string;
  /** @example ["deployers"] */
  groups: string[];
  scope: AccessScopeDto;
  /** @example 15 */
  lifetimeMinutes: number;
  /** @example false */
  disabled: boolean;
}

export class TrustRuleResponse {
  /** @example "TrustRule" */
  kind: string;
  metadata: TrustRuleMetadataResponse;
  spec: TrustRuleSpecResponse;
}

export class TrustRuleListResponse {
  /** @example "TrustRuleList" */
  kind: string;
  items: TrustRuleResponse[];
}

export const toTrustRuleResponse = (row: TrustRuleEntity, identityProvider: string): TrustRuleResponse => ({
  kind: 'TrustRule',
  metadata: { name: row.name, uid: row.id, creationTimestamp: row.createdAt.toISOString(), generation: row.generation },
  spec: {
    identityProvider,
    description: row.description,
    audience: row.audience,
    conditions: row.conditions,
    user: row.userName,
    groups: row.groups,
    scope: withoutIds(row.scope) as AccessScopeDto,
    lifetimeMinutes: row.lifetimeMinutes,
    disabled: row.disabledAt !== null,
  },
});
