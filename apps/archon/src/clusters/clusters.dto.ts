import { Type } from 'class-transformer';
import { IsBoolean, IsObject, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { KubernetesName } from '../http/kubernetes-name.decorator.js';
import { IsStringMap } from '../http/string-map.decorator.js';
import type { ClusterEntity } from './cluster.entity.js';
import type { ClusterHealthRecord } from './cluster-health.service.js';

export class ClusterSpecRequest {
  /**
   * Name shown to people
   * @example "Production, Frankfurt"
   */
  @IsOptional()
  @IsString()
  @Length(0, 253)
  displayName?: string;

  /** Text of a kubeconfig (YAML or JSON) whose credentials are inline; instead of the fields below */
  @IsOptional()
  @IsString()
  @Length(1, 1_000_000)
  kubeconfig?: string;

  /** Context of the kubeconfig; its current context when absent */
  @IsOptional()
  @IsString()
  context?: string;

  /**
   * URL of the API server
   * @example "https://10.0.0.1:6443"
   */
  @IsOptional()
  @IsString()
  @Length(1, 2048)
  endpoint?: string;

  /** The cluster's CA: PEM in base64 */
  @IsOptional()
  @IsString()
  certificateAuthorityData?: string;

  /** Bearer token of a ServiceAccount that may impersonate users and groups */
  @IsOptional()
  @IsString()
  token?: string;

  /** Client certificate: PEM in base64 */
  @IsOptional()
  @IsString()
  clientCertificateData?: string;

  /** Key of the client certificate: PEM in base64 */
  @IsOptional()
  @IsString()
  clientKeyData?: string;

  /** True keeps the registration and refuses every request to the cluster */
  @IsOptional()
  @IsBoolean()
  disabled?: boolean;
}

export class ClusterMetadataRequest {
  /** @example "c1" */
  @KubernetesName()
  name: string;

  @IsOptional()
  @IsStringMap()
  labels?: Record<string, string>;

  @IsOptional()
  @IsStringMap()
  annotations?: Record<string, string>;
}

export class CreateClusterRequest {
  @ValidateNested()
  @IsObject()
  @Type(() => ClusterMetadataRequest)
  metadata: ClusterMetadataRequest;

  @ValidateNested()
  @IsObject()
  @Type(() => ClusterSpecRequest)
  spec: ClusterSpecRequest;
}

export class ClusterMetadataChange {
  @IsOptional()
  @IsStringMap()
  labels?: Record<string, string>;

  @IsOptional()
  @IsStringMap()
  annotations?: Record<string, string>;
}

/** A JSON merge patch: what is absent stays. */
export class UpdateClusterRequest {
  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => ClusterMetadataChange)
  metadata?: ClusterMetadataChange;

  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => ClusterSpecRequest)
  spec?: ClusterSpecRequest;
}

export class ClusterMetadataResponse {
  /** @example "c1" */
  name: string;
  /** @example "0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  uid: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** @example "2026-11-23T20:00:00.000Z" */
  creationTimestamp: string;
}

export class ClusterSpecResponse {
  /** Where the API server is; only administrators see it */
  endpoint?: string;
  /** @example "Production, Frankfurt" */
  displayName: string;
  /** @example false */
  disabled: boolean;
}

export class ClusterPermissionsResponse {
  /** What the credential may not do although Archon needs it, as `verb resource.group` */
  missing: string[];
}

export class ClusterStatusResponse {
  /** @example "Ready" */
  state: 'Ready' | 'Unreachable' | 'Unauthorized' | 'Disabled';
  /** @example "the API server answers" */
  reason: string;
  /**
   * When this state was first seen by the replica that answers
   * @example "2026-11-23T20:00:00.000Z"
   */
  since: string;
  /** @example "v1.36.3" */
  version?: string;
  /** @example "2026-11-23T20:05:00.000Z" */
  lastSeen?: string;
  /** When the stored credential expires, where it says so */
  expiresAt?: string;
  /** @example 1 */
  nodes?: number;
  permissions: ClusterPermissionsResponse;
}

export class ClusterResponse {
  /** @example "Cluster" */
  kind: string;
  metadata: ClusterMetadataResponse;
  spec: ClusterSpecResponse;
  status: ClusterStatusResponse;
}

export class ClusterListResponse {
  /** @example "ClusterList" */
  kind: string;
  items: ClusterResponse[];
}

/** `endpoint` stays away from callers who don't administer the platform: it is where they could go past Archon. */
export function toClusterResponse(row: ClusterEntity, health: ClusterHealthRecord, withEndpoint: boolean): ClusterResponse {
  return {
    kind: 'Cluster',
    metadata: {
      name: row.name,
      uid: row.id,
      labels: row.labels,
      annotations: row.annotations,
      creationTimestamp: row.createdAt.toISOString(),
    },
    spec: { ...(withEndpoint ? { endpoint: row.endpoint } : {}), displayName: row.displayName, disabled: row.disabledAt !== null },
    status: {
      state: health.state,
      reason: health.reason,
      since: health.since.toISOString(),
      ...(health.version === undefined ? {} : { version: health.version }),
      ...(health.lastSeen === undefined ? {} : { lastSeen: health.lastSeen.toISOString() }),
      ...(row.credentialExpiresAt === null ? {} : { expiresAt: row.credentialExpiresAt.toISOString() }),
      ...(health.nodes === undefined ? {} : { nodes: health.nodes }),
      permissions: { missing: row.missingPermissions },
    },
  };
}
