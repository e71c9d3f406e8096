import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { PageQuery } from '../http/page.dto.js';
import type { PodSecuritySample } from '../quotas/pod-security-samples.js';
import { NAMESPACE_PHASES, type NamespacePhase } from './namespace.entity.js';
import type { Drift } from './namespace-observed.js';

/** A Kubernetes object, as the cluster has it. */
const OBJECT = { type: 'object', additionalProperties: true } as const;
const TEXTS = { type: 'object', additionalProperties: { type: 'string' } } as const;

export class NamespaceChangeQuery {
  /** `All` checks names, quota and the cluster's own rules, answers what would be made, and changes nothing */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}

export class CreateNamespaceQuery extends NamespaceChangeQuery {
  /**
   * The project; may also stand in the body
   * @example "shop"
   */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  project_name?: string;
}

export class ListImportableQuery {
  /** `true`: namespaces that no project holds */
  @IsIn(['true'])
  importable: 'true';

  /** The project that would take one; it decides who may look */
  @IsString()
  @Length(1, 63)
  project_name: string;

  /** Only names that contain this */
  @IsOptional()
  @IsString()
  @MaxLength(63)
  keyword?: string;
}

const toNames = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.split(',').filter(Boolean) : value);

export class ListNamespacesQuery extends PageQuery {
  /**
   * Only namespaces in these clusters
   * @example ["c1", "c2"]
   */
  @IsOptional()
  @Transform(toNames)
  @IsString({ each: true })
  clusters?: string[];

  /** Only names that contain this */
  @IsOptional()
  @IsString()
  @MaxLength(63)
  keyword?: string;

  /**
   * Kubernetes label selector
   * @example "tier in (front, back)"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  labelSelector?: string;

  /**
   * The same grammar, over annotations
   * @example "example.org/owner=jane"
   */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  annotationSelector?: string;

  /**
   * Several keys; `-` before one turns its order round: `name`, `cluster`, `creationTimestamp`, `label:<key>`, `annotation:<key>`
   * @example "label:tier,-name"
   */
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  sort?: string;
}

export class GeneralNamespaceResponse {
  @ApiProperty(OBJECT)
  namespace: object;

  @ApiProperty(OBJECT)
  resourcequota?: object;

  @ApiProperty(OBJECT)
  limitrange?: object;

  /** What should be put right by hand */
  warnings?: string[];
}

export class QuotaOverviewResponse {
  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '4' } })
  hard: Record<string, string>;

  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '1500m' } })
  used: Record<string, string>;
}

class DriftResponse implements Drift {
  /** @example "ResourceQuota \"default\"" */
  target: string;
  /** @example "Missing" */
  reason: 'Missing' | 'Changed' | 'NotRemovable';
  message: string;
  detectedAt: string;
  repairedAt?: string;
}

class NamespaceStatusResponse {
  @ApiProperty({ enum: NAMESPACE_PHASES })
  state: NamespacePhase;

  /** As the cluster last said: Active, Terminating; Unknown when it has not been seen yet */
  phase: string;

  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '4' } })
  hard: Record<string, string>;

  @ApiProperty({ ...TEXTS, example: { 'limits.cpu': '1500m' } })
  used: Record<string, string>;

  /** When the cluster was last seen to hold it */
  observedAt?: string;

  /** What was found otherwise than it should be, newest first */
  drift: DriftResponse[];
}

class NamespaceItemMetadata {
  /** @example "shop-dev" */
  name: string;
  uid?: string;
  creationTimestamp: string;
  @ApiProperty(TEXTS)
  labels: Record<string, string>;
  @ApiProperty(TEXTS)
  annotations: Record<string, string>;
}

export class NamespaceItemResponse {
  /** @example "v1" */
  apiVersion: 'v1';
  /** @example "Namespace" */
  kind: 'Namespace';
  metadata: NamespaceItemMetadata;
  /** Of the cluster, where it is */
  cluster: string;
  status: NamespaceStatusResponse;
}

class NamespaceListMetadata {
  /** Token for the next page; absent on the last one */
  continue?: string;
  remainingItemCount: number;
}

export class NamespaceListResponse {
  /** @example "NamespaceList" */
  kind: 'NamespaceList';
  /** @example "v1" */
  apiVersion: 'v1';
  metadata: NamespaceListMetadata;
  items: NamespaceItemResponse[];
}

class ImportableNamespaceResponse {
  /** @example "legacy" */
  name: string;
  creationTimestamp: string;
  @ApiProperty(TEXTS)
  labels: Record<string, string>;
  @ApiProperty(TEXTS)
  annotations: Record<string, string>;
}

export class ImportableListResponse {
  items: ImportableNamespaceResponse[];
}

class PodSecuritySampleResponse implements PodSecuritySample {
  /** @example "restricted-v2" */
  name: string;
  description: string;
  /** @example "restricted" */
  level: 'privileged' | 'baseline' | 'restricted';
  /** Whether it can be applied only to a namespace that has a range of user ids */
  needsUidRange: boolean;
}

export class PodSecuritySampleListResponse {
  items: PodSecuritySampleResponse[];
}

class TranslatedResponse {
  en?: string | undefined;
  zh?: string | undefined;
}

class QuotaTypeResponse {
  /**
   * The quota type
   * @example "requests.nvidia.com/gpu"
   */
  key: string;
  /**
   * As containers name it
   * @example "nvidia.com/gpu"
   */
  resource: string;
  /** Resources of the same devices */
  group?: string | undefined;
  label: TranslatedResponse;
  description: TranslatedResponse;
  unit?: string | undefined;
  defaultValue?: string | undefined;
  /** For GPUs: how they are counted */
  gpu?: 'pGPU' | 'vGPU' | '256Mi' | 'Mi' | undefined;
}

export class QuotaTypeListResponse {
  items: QuotaTypeResponse[];
}
