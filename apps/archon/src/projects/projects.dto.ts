import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../http/page.dto.js';

const TEXTS = { type: 'object', additionalProperties: { type: 'string' } } as const;

export class ProjectChangeQuery {
  /** `All` checks everything, answers what would be stored, and changes nothing */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}

export class DeleteProjectQuery {
  /** What becomes of its namespaces: `retain` keeps them outside of any project, `delete` deletes them with everything in them. Needed where it has some */
  @IsOptional()
  @IsIn(['retain', 'delete'])
  namespaces?: 'retain' | 'delete';
}

export class ListProjectsQuery extends PageQuery {
  /** Only projects whose name or display name contains this */
  @IsOptional()
  @IsString()
  @MaxLength(63)
  keyword?: string;

  /**
   * Kubernetes label selector
   * @example "team=red"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  labelSelector?: string;

  /** By name, or backwards */
  @IsOptional()
  @IsIn(['name', '-name'])
  sort?: 'name' | '-name';
}

class ProjectMetadataResponse {
  /** @example "shop" */
  name: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  @ApiProperty(TEXTS)
  labels: Record<string, string>;
  @ApiProperty(TEXTS)
  annotations: Record<string, string>;
}

class ProjectClusterResponse {
  /** @example "c1" */
  name: string;
  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '20', pods: '100' } })
  quota: Record<string, string>;
  type?: string;
}

class ProjectResourcesResponse {
  storageClasses: string[];
  chartRepositories: string[];
  imageRegistries: string[];
  codeRepositories: string[];
}

class ProjectSpecResponse {
  clusters: ProjectClusterResponse[];
  clusterDeletePolicy: 'Retain' | 'Delete';
  resources: ProjectResourcesResponse;
}

class ProjectNamespaceDetailResponse {
  name: string;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'boolean' } })
  successClusters: Record<string, boolean>;
  @ApiProperty(TEXTS)
  failedClusters: Record<string, string>;
}

class ProjectConditionResponse {
  type: 'ProjectNameSpace' | 'Quota';
  status: 'True' | 'False';
  reason: string;
  message: string;
  projectNameSpaceDetail?: ProjectNamespaceDetailResponse;
}

class ProjectStatusResponse {
  phase: 'Active' | 'Pending' | 'Terminating';
  conditions: ProjectConditionResponse[];
}

export class ProjectResponse {
  /** @example "auth.alauda.io/v1" */
  apiVersion: string;
  /** @example "Project" */
  kind: 'Project';
  metadata: ProjectMetadataResponse;
  spec: ProjectSpecResponse;
  status: ProjectStatusResponse;
}

class ProjectListMetadata {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount: number;
}

export class ProjectListResponse {
  /** @example "auth.alauda.io/v1" */
  apiVersion: string;
  /** @example "ProjectList" */
  kind: 'ProjectList';
  metadata: ProjectListMetadata;
  items: ProjectResponse[];
}

export class ProjectQuotaResponse {
  /** @example "c1" */
  cluster: string;
  /** What is absent is unlimited */
  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '20' } })
  hard: Record<string, string>;
  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '12' } })
  allocated: Record<string, string>;
  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '8' } })
  available: Record<string, string>;
}

export class ProjectQuotaListResponse {
  items: ProjectQuotaResponse[];
}
