import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import type { MembershipScope } from '../auth/membership.js';

const TEXTS = { type: 'object', additionalProperties: { type: 'string' } } as const;

class UserBindingSelection {
  /**
   * Kubernetes label selector
   * @example "cpaas.io/project=shop"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  labelSelector?: string;

  /**
   * Kubernetes field selector; the field is `metadata.name`
   * @example "metadata.name=6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  fieldSelector?: string;
}

export class ListUserBindingsQuery extends UserBindingSelection {
  /** At most so many; 0, or none: all */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(10_000)
  limit?: number;

  /** `metadata.continue` of the page before */
  @IsOptional()
  @IsString()
  @Length(1, 8192)
  continue?: string;
}

/** One of the two is needed: nothing deletes all bindings. */
export class DeleteUserBindingsQuery extends UserBindingSelection {}

class UserBindingMetadata {
  /** @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  name: string;
  uid: string;
  creationTimestamp: string;
  @ApiProperty({ ...TEXTS, example: { 'cpaas.io/project': 'shop', 'auth.cpaas.io/role.name': 'project-admin-system' } })
  labels: Record<string, string>;
  @ApiProperty(TEXTS)
  annotations: Record<string, string>;
}

class UserBindingSubject {
  /** @example "User" */
  kind: 'User' | 'Group';
  /** @example "jane@example.org" */
  name: string;
}

class UserBindingConstraint {
  /** @example "shop" */
  project?: string;
  cluster?: string;
  namespace?: string;
}

class UserBindingSpec {
  subjects: UserBindingSubject[];
  /** @example "project-admin-system" */
  roleRef: string;
  /** @example "project" */
  scope: MembershipScope;
  constraint: UserBindingConstraint[];
}

class UserBindingStatus {
  /** @example "Active" */
  phase: 'Active';
}

export class UserBindingResponse {
  /** @example "auth.alauda.io/v1" */
  apiVersion: string;
  /** @example "UserBinding" */
  kind: 'UserBinding';
  metadata: UserBindingMetadata;
  spec: UserBindingSpec;
  status: UserBindingStatus;
}

class UserBindingListMetadata {
  continue?: string;
}

export class UserBindingListResponse {
  /** @example "auth.alauda.io/v1" */
  apiVersion: string;
  /** @example "UserBindingList" */
  kind: 'UserBindingList';
  metadata: UserBindingListMetadata;
  items: UserBindingResponse[];
}
