import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  ValidateNested,
} from 'class-validator';
import { MEMBERSHIP_SCOPES, type MembershipScope } from '../auth/membership.js';
import { KubernetesName } from '../http/kubernetes-name.decorator.js';
import { PageQuery } from '../http/page.dto.js';
import type { MemberRow } from './member-row.js';

const MAX_NAMES = 500;

export class ListMembersQuery extends PageQuery {
  /**
   * Only members whose name or display name contains this
   * @example "jane"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  keyword?: string;

  /**
   * Only this group, and users who were in it at their last login
   * @example "corp:developers"
   */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  group?: string;

  /**
   * Only members with this role
   * @example "namespace-developer-system"
   */
  @IsOptional()
  @KubernetesName()
  role?: string;
}

export class ListNamespaceMembersQuery extends ListMembersQuery {
  /** `true`: instead of the members of the namespace those of its project that can be imported */
  @IsOptional()
  @IsIn(['true', 'false'])
  importable?: 'true' | 'false';
}

export class ListAllMembersQuery extends ListMembersQuery {
  /** Only memberships of this scope */
  @IsOptional()
  @IsIn(MEMBERSHIP_SCOPES)
  scope?: MembershipScope;

  /**
   * Only what this user or group is a member of
   * @example "jane@example.org"
   */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  name?: string;
}

export class SubjectRequest {
  /** A user, who may never have logged in, or a group of an identity provider */
  @IsIn(['User', 'Group'])
  kind: 'User' | 'Group';

  /**
   * As clusters see it: for users the name at the login
   * @example "jane@example.org"
   */
  @IsString()
  @Length(1, 512)
  name: string;
}

export class AddMemberRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => SubjectRequest)
  subject: SubjectRequest;

  /** @example "namespace-developer-system" */
  @KubernetesName()
  role: string;
}

export class AddMemberAnywhereRequest extends AddMemberRequest {
  /** Members of projects and namespaces are added there */
  @IsIn(['platform', 'cluster'])
  scope: 'platform' | 'cluster';

  /**
   * The cluster, for the scope `cluster`
   * @example "c1"
   */
  @IsOptional()
  @KubernetesName()
  cluster?: string;
}

export class PatchMemberRequest {
  /**
   * The role that the member has from now on, in the place of all others here
   * @example "namespace-admin-system"
   */
  @KubernetesName()
  role: string;
}

export class OneMemberQuery {
  /** What the name in the path means; a user when absent */
  @IsOptional()
  @IsIn(['User', 'Group'])
  kind?: 'User' | 'Group';
}

export class RemoveMemberQuery extends OneMemberQuery {
  /**
   * Only this role; without it the member loses all of them here
   * @example "namespace-developer-system"
   */
  @IsOptional()
  @KubernetesName()
  role?: string;
}

export class ImportMembersRequest {
  /** @example "namespace-developer-system" */
  @KubernetesName()
  role: string;

  /**
   * Members of the project, by name
   * @example ["jane@example.org"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_NAMES)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 512, { each: true })
  users?: string[];

  /** Instead of `users`: all members of the project that can be imported, or those of them that `keyword` and `group` leave */
  @IsOptional()
  @IsBoolean()
  @Type(() => Boolean)
  all?: boolean;

  /**
   * With `all`: only those whose name or display name contains this
   * @example "jane"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  keyword?: string;

  /**
   * With `all`: only those who were in this group at their last login
   * @example "corp:developers"
   */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  group?: string;
}

export class MemberSubjectResponse {
  /** @example "User" */
  kind: 'User' | 'Group';

  /** @example "jane@example.org" */
  name: string;

  /** @example "Jane Doe" */
  displayName: string;

  /**
   * Who vouches for the user: `local`, an issuer, or `-` until the first login. Groups have none
   * @example "-"
   */
  source: string;
}

export class MemberResponse {
  /** @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  id: string;

  subject: MemberSubjectResponse;

  /** @example "namespace-developer-system" */
  role: string;

  /** @example "namespace" */
  scope: MembershipScope;

  /** @example "shop" */
  project?: string;

  /** @example "c1" */
  cluster?: string;

  /** @example "shop-dev" */
  namespace?: string;

  /** @example "admin" */
  createdBy: string;

  /** @example "2026-11-26T09:00:00.000Z" */
  createdAt: string;
}

export class MemberPageMetadata {
  /** Leads to the next page; absent on the last */
  continue?: string;
}

export class MemberListResponse {
  /** @example "MemberList" */
  kind: 'MemberList';

  metadata: MemberPageMetadata;

  items: MemberResponse[];
}

export const toMemberResponse = (row: MemberRow): MemberResponse => ({
  id: row.id,
  subject: {
    kind: row.kind,
    name: row.name,
    displayName: row.display_name ?? row.name,
    source: row.kind === 'Group' ? '' : (row.source ?? '-'),
  },
  role: row.role,
  scope: row.scope,
  ...(row.project === null ? {} : { project: row.project }),
  ...(row.cluster === null ? {} : { cluster: row.cluster }),
  ...(row.namespace === null ? {} : { namespace: row.namespace }),
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
});
