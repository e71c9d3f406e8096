import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';
import { KubernetesName } from '../http/kubernetes-name.decorator.js';
import { PageQuery } from '../http/page.dto.js';
import { ROLE_LEVELS, ROLE_VERBS, type Role, type RoleLevel, type RoleVerb } from './role.js';

const MAX_RULES = 300;

export class ListRolesQuery extends PageQuery {
  /** Only roles of this level */
  @IsOptional()
  @IsIn(ROLE_LEVELS)
  level?: RoleLevel;
}

export class PermissionsQuery extends ListRolesQuery {
  /**
   * Only what this role gives
   * @example "namespace-developer-system"
   */
  @IsOptional()
  @KubernetesName()
  role?: string;

  /**
   * Only functions of this module
   * @example "acp"
   */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  module?: string;

  /**
   * Only functions whose name or title contains this
   * @example "secret"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  keyword?: string;
}

export class RoleRuleDto {
  /**
   * Name of a function: `GET /acp/v1/permissions` lists them
   * @example "acp-app"
   */
  @IsString()
  @Length(1, 100)
  function: string;

  /**
   * What may be done with it; `*` stands for all verbs
   * @example ["get", "list", "watch"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ROLE_VERBS, { each: true })
  verbs: RoleVerb[];
}

class RoleSettings {
  /**
   * Name shown to people
   * @example "Operator"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  displayName?: string;

  /** @example "Looks after running applications" */
  @IsOptional()
  @IsString()
  @Length(0, 1000)
  description?: string;
}

export class CreateRoleSpec extends RoleSettings {
  /** Where the role may be given: one of `project` in projects, of `namespace` in projects and namespaces, of `cluster` in clusters, of `platform` in clusters and everywhere */
  @IsIn(ROLE_LEVELS)
  level: RoleLevel;

  /** What it gives: functions and actions */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_RULES)
  @ValidateNested({ each: true })
  @Type(() => RoleRuleDto)
  rules: RoleRuleDto[];
}

export class PatchRoleSpec extends RoleSettings {
  /** What it gives from now on */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_RULES)
  @ValidateNested({ each: true })
  @Type(() => RoleRuleDto)
  rules?: RoleRuleDto[];
}

export class RoleMetadataRequest {
  /** @example "operator" */
  @KubernetesName()
  name: string;
}

export class CreateRoleRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => RoleMetadataRequest)
  metadata: RoleMetadataRequest;

  @ValidateNested()
  @IsObject()
  @Type(() => CreateRoleSpec)
  spec: CreateRoleSpec;
}

/** A JSON merge patch: what is absent stays. */
export class PatchRoleRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => PatchRoleSpec)
  spec: PatchRoleSpec;
}

export class RoleWriteQuery {
  /** `All`: everything is checked, and nothing is stored */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}

export class RoleMetadataResponse {
  /** @example "operator" */
  name: string;
}

export class RoleSpecResponse {
  /** @example "Operator" */
  displayName: string;

  /** @example "Looks after running applications" */
  description: string;

  /** @example "namespace" */
  level: RoleLevel;

  /** True for the roles that are always there and that nobody changes */
  builtIn: boolean;

  rules: RoleRuleDto[];
}

export class RoleStatusResponse {
  /**
   * Clusters that do not hold the role as it is now: it is written there as soon as they can be reached
   * @example ["c2"]
   */
  waitingClusters: string[];
}

export class RoleResponse {
  /** @example "Role" */
  kind: string;

  metadata: RoleMetadataResponse;

  spec: RoleSpecResponse;

  status: RoleStatusResponse;
}

export class RolePageMetadata {
  /** Leads to the next page; absent on the last */
  continue?: string;
}

export class RoleListResponse {
  /** @example "RoleList" */
  kind: string;

  metadata: RolePageMetadata;

  items: RoleResponse[];
}

export class PermissionResponse {
  /** @example "acp-app" */
  function: string;

  /** @example "Applications" */
  displayName: string;

  /** @example "acp" */
  module: string;

  /** Verbs by the names of roles; a role that gives nothing is absent */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { 'namespace-developer-system': ['get', 'list', 'watch'] },
  })
  roles: Record<string, string[]>;
}

export class PermissionListResponse {
  /** @example "PermissionList" */
  kind: string;

  metadata: RolePageMetadata;

  items: PermissionResponse[];
}

export const toRoleResponse = (
  { name, displayName, description, level, rules }: Role,
  { builtIn, waitingClusters }: { builtIn: boolean; waitingClusters: string[] },
): RoleResponse => ({
  kind: 'Role',
  metadata: { name },
  spec: { displayName, description, level, builtIn, rules: rules.map((rule) => ({ function: rule.function, verbs: [...rule.verbs] })) },
  status: { waitingClusters },
});
