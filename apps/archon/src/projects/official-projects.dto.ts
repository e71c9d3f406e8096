import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';

const TEXTS = { type: 'object', additionalProperties: { type: 'string' } } as const;
const toBoolean = ({ value }: { value: unknown }): unknown =>
  value === 'true' || value === '1' || value === '' ? true : value === 'false' || value === '0' ? false : value;

/** The query of the official lists, as Kubernetes' own lists have it. */
export class KubernetesListQuery {
  /**
   * Kubernetes label selector
   * @example "team=red"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  labelSelector?: string;

  /**
   * Kubernetes field selector; the field is `metadata.name`
   * @example "metadata.name=shop"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  fieldSelector?: string;

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
  @Length(0, 8192)
  continue?: string;

  /** Accepted and not needed, as every list is the newest */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  resourceVersion?: string;

  /** Accepted and not needed, as every list is the newest */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  resourceVersionMatch?: string;

  /** `true` is answered with 405: the list can not be watched */
  @IsOptional()
  @Transform(toBoolean)
  @IsBoolean()
  watch?: boolean;

  /** Accepted and not needed, as no list takes long */
  @IsOptional()
  @Matches(/^\d{1,9}$/)
  timeoutSeconds?: string;
}

export class OfficialListQuery extends KubernetesListQuery {
  /**
   * `a,name`, or backwards `d,name`
   * @example "a,name"
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  sortBy?: string;

  /**
   * Pairs of `name` or `display-name` and what it contains
   * @example "display-name,sho"
   */
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  filterBy?: string;
}

export class OfficialDeleteProjectQuery {
  /** `true` deletes the namespaces of the project with everything in them, `false` or nothing keeps them outside of it */
  @IsOptional()
  @IsString()
  @MaxLength(16)
  @ApiProperty({ type: String, enum: ['true', 'false'], required: false })
  reclaim?: string;
}

class OfficialNamespaceMetadata {
  /** @example "shop-dev" */
  name: string;
  uid?: string;
  creationTimestamp: string;
  @ApiProperty(TEXTS)
  labels: Record<string, string>;
  @ApiProperty(TEXTS)
  annotations: Record<string, string>;
}

class OfficialNamespaceSpec {
  @ApiProperty({ type: [String] })
  finalizers: string[];
}

class OfficialNamespaceStatus {
  /** @example "Active" */
  phase: string;
}

export class OfficialNamespaceResponse {
  /** @example "v1" */
  apiVersion: string;
  /** @example "Namespace" */
  kind: 'Namespace';
  metadata: OfficialNamespaceMetadata;
  spec: OfficialNamespaceSpec;
  status: OfficialNamespaceStatus;
}

class OfficialListMetadata {
  continue?: string;
  remainingItemCount?: number;
}

export class OfficialNamespaceListResponse {
  /** @example "v1" */
  apiVersion: string;
  /** @example "NamespaceList" */
  kind: 'NamespaceList';
  metadata: OfficialListMetadata;
  items: OfficialNamespaceResponse[];
}
