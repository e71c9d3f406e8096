import { ApiExtraModels, ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsDate, IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Max, MaxLength, Min } from 'class-validator';
import type { ClusterFailure } from '#kubernetes';
import type { IncludeObject } from '../http/kubernetes-table.js';
import { PageQuery } from '../http/page.dto.js';

const toNames = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean)
    : value;

export class SearchQuery extends PageQuery {
  /**
   * Only objects of these clusters
   * @example ["c1", "c2"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(1000)
  clusters?: string[];

  /**
   * Only objects in the namespaces of these projects
   * @example ["shop"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(1000)
  projects?: string[];

  /** Only objects in namespaces of these names */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(1000)
  namespaces?: string[];

  /** Only names that contain this, whatever the case */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  keyword?: string;

  /**
   * Kubernetes label selector
   * @example "app.kubernetes.io/name in (web, api)"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  labelSelector?: string;

  /**
   * Fields and what they are compared with: =, !=, <, >, in, notin; a key that has dots stands in brackets
   * @example "spec.nodeName=node-1,metadata.annotations[example.org/owner] in (kim, jane)"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  fieldSelector?: string;

  /** Only objects that this one owns: its UID */
  @IsOptional()
  @IsUUID()
  owner?: string;

  /**
   * Only objects with one of these states
   * @example ["Failed", "CrashLoopBackOff"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(64)
  status?: string[];

  /** Only objects that were made after this time, RFC 3339 */
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  createdAfter?: Date;

  /** Only objects that were made before this time, RFC 3339 */
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  createdBefore?: Date;

  /**
   * Several keys; `-` before one turns its order round: name, namespace, cluster, status, creationTimestamp, `label:<key>`, the path of any field
   * @example "status,-creationTimestamp"
   */
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  sort?: string;

  /**
   * Only these fields of each object, beside what tells which one it is; a key that has dots stands in brackets
   * @example ["status.phase", "spec.nodeName"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(64)
  fields?: string[];

  /**
   * Waits, three seconds at most, until the index has these versions of the kind: a cluster and the `resourceVersion` that a write was answered with
   * @example ["c1:184467"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(100)
  notOlderThan?: string[];

  /** `live`: each cluster is asked what it has now, five seconds at most, and the list shows that; for lists of one kind. `index` unless given */
  @IsOptional()
  @IsIn(['index', 'live'])
  consistency?: 'index' | 'live';

  /** How much of each object a Table carries, where `Accept` asks for one */
  @IsOptional()
  @IsIn(['None', 'Metadata', 'Object'])
  includeObject?: IncludeObject;

  /**
   * What is counted besides, over the whole list: status, cluster, namespace, kind, `label:<key>`
   * @example ["status", "cluster"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(8)
  facets?: string[];
}

export class WatchableSearchQuery extends SearchQuery {
  /** `true`: begins with the objects as they are, then tells of each change, one event per line, or as `text/event-stream` where `Accept` asks for it */
  @IsOptional()
  @IsIn(['true', 'false', '1', '0'])
  watch?: 'true' | 'false' | '1' | '0';

  /** Of a watch, which ends then; half an hour unless given */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(86_400)
  timeoutSeconds?: number;
}

export class SearchAllQuery extends SearchQuery {
  /**
   * Only names that contain this, whatever the case
   * @example "checkout"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  q?: string;

  /**
   * Only these kinds, as `pods` or `deployments.apps`; all that are indexed without it
   * @example ["deployments.apps", "services"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  @ArrayMaxSize(64)
  resources?: string[];
}

export class ResourceSearchQuery extends PageQuery {
  /**
   * What the field contains, whatever the case
   * @example "checkout"
   */
  @IsString()
  @Length(1, 253)
  keyword: string;

  /**
   * The path of a field; the name unless given
   * @example "metadata.labels[app]"
   */
  @IsOptional()
  @IsString()
  @Length(1, 1024)
  field?: string;

  /** Only objects in namespaces of this project */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  project?: string;
}

/** How old what a list shows of a cluster is */
export class FreshnessResponse {
  cluster: string;

  /** When the cluster was last heard */
  syncedAt: string;

  /** `index`: what the index has; `live`: what the cluster itself answered */
  source: 'index' | 'live';

  /** Since when nothing is heard of the cluster: what is shown of it may be old */
  staleSince?: string;
}

export class ClusterFailureResponse implements ClusterFailure {
  cluster: string;
  /** @example "ServiceUnavailable" */
  reason: string;
  message: string;
  /** Since when, RFC 3339 */
  since?: string;
}

export class FacetValueResponse {
  value: string;
  count: number;
}

@ApiExtraModels(FacetValueResponse)
export class SearchMetadataResponse {
  /** Token of the next page; absent on the last one */
  continue?: string;

  /** How many rows are behind this page, as counted when the list began */
  remainingItemCount?: number;

  freshness: FreshnessResponse[];

  /** Clusters of which nothing, or nothing new, could be shown, and why */
  failures: ClusterFailureResponse[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { $ref: '#/components/schemas/FacetValueResponse' } },
    example: { status: [{ value: 'Running', count: 12 }] },
  })
  facets?: Record<string, FacetValueResponse[]>;
}

export class SearchListResponse {
  /** @example "DeploymentList" */
  kind: string;

  /** @example "apps/v1" */
  apiVersion: string;

  metadata: SearchMetadataResponse;

  /** Each as its cluster has it, without managed fields and values of Secrets and ConfigMaps; an annotation names the cluster */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  items: object[];
}

/** `metav1.TableColumnDefinition` */
export class SearchColumnResponse {
  /** @example "Cluster" */
  name: string;

  type: string;
  format: string;
  description: string;
  priority: number;
}

/** `metav1.Table` */
export class SearchTableResponse {
  /** @example "Table" */
  kind: string;

  /** @example "meta.k8s.io/v1" */
  apiVersion: string;

  metadata: SearchMetadataResponse;
  columnDefinitions: SearchColumnResponse[];

  /** `cells` in the order of the columns, and as much of the object as was asked for */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  rows: object[];
}
