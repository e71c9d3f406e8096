import { Type } from 'class-transformer';
import { IsBoolean, IsObject, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { KubernetesName } from '../http/kubernetes-name.decorator.js';
import { IsAnnotations, IsLabels } from '../http/labels.decorator.js';
import type { ClusterEntity } from './cluster.entity.js';
import { type ClusterCheck, warningsOf } from './cluster-check.js';
import { serviceAccountAudience } from './service-account-audience.js';
import type { ClusterHealthRecord } from './cluster-health.service.js';
import type { Expiration } from './credential-expiry.js';

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

  /**
   * Whether ServiceAccounts of the cluster reach it through Archon with tokens that are made for Archon
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  serviceAccountTokens?: boolean;
}

export class ClusterMetadataRequest {
  /** @example "c1" */
  @KubernetesName()
  name: string;

  @IsOptional()
  @IsLabels()
  labels?: Record<string, string>;

  @IsOptional()
  @IsAnnotations()
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
  @IsLabels()
  labels?: Record<string, string>;

  @IsOptional()
  @IsAnnotations()
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
  uid?: string;
  /** @example "42" */
  resourceVersion?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** @example "2026-11-23T20:00:00.000Z" */
  creationTimestamp?: string;
}

export class ClusterSpecResponse {
  /** Where the API server is; only administrators see it */
  endpoint?: string;
  /** @example "Production, Frankfurt" */
  displayName: string;
  /** @example false */
  disabled: boolean;
  /**
   * Whether ServiceAccounts of the cluster reach it through Archon
   * @example false
   */
  serviceAccountTokens: boolean;
}

export class ClusterPermissionsResponse {
  /** What the credential may not do although Archon needs it, as `verb resource.group` */
  missing: string[];
}

export class ClusterCheckResponse {
  /** @example "LeastPrivilege" */
  type: 'Reachable' | 'Certificate' | 'Credential' | 'Permissions' | 'LeastPrivilege' | 'Impersonation';
  /** @example "Passed" */
  status: 'Passed' | 'Warning' | 'Failed';
  /** @example "the credential may not do everything" */
  message: string;
}

export class ExpirationResponse {
  /** @example "token" */
  what: 'token' | 'client certificate' | 'CA certificate' | 'serving certificate';
  /** @example "2027-11-23T20:00:00.000Z" */
  at: string;
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
  /**
   * The audience of tokens with which ServiceAccounts of the cluster come in; absent where they may not
   * @example "archon/clusters/0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52"
   */
  serviceAccountAudience?: string;
  /** What was found out when the access was last tried; for administrators and auditors */
  checks?: ClusterCheckResponse[];
  /** What an administrator should see to; for administrators and auditors */
  warnings?: string[];
  /** Certificates and tokens without which the cluster can't be reached, soonest end first; for administrators and auditors */
  expirations?: ExpirationResponse[];
}

export class ClusterResponse {
  /** @example "Cluster" */
  kind: string;
  metadata: ClusterMetadataResponse;
  spec: ClusterSpecResponse;
  status: ClusterStatusResponse;
}

export class ClusterListMetadataResponse {
  /** @example "42" */
  resourceVersion: string;
  /** Leads to the next page; absent on the last one */
  continue?: string;
}

export class ClusterListResponse {
  /** @example "ClusterList" */
  kind: string;
  metadata: ClusterListMetadataResponse;
  items: ClusterResponse[];
}

/** What a caller sees: where one could go past Archon, and what was found out about the credential, are not for everybody. */
interface Visibility {
  endpoint: boolean;
  checks: boolean;
}

export function toClusterResponse(row: ClusterEntity, health: ClusterHealthRecord, sees: Visibility, now: Date): ClusterResponse {
  return {
    kind: 'Cluster',
    metadata: {
      name: row.name,
      uid: row.id,
      resourceVersion: row.resourceVersion,
      labels: row.labels,
      annotations: row.annotations,
      creationTimestamp: row.createdAt.toISOString(),
    },
    spec: {
      ...(sees.endpoint ? { endpoint: row.endpoint } : {}),
      displayName: row.displayName,
      disabled: row.disabledAt !== null,
      serviceAccountTokens: row.serviceAccountTokens,
    },
    status: {
      state: health.state,
      reason: health.reason,
      since: health.since.toISOString(),
      ...(health.version === undefined ? {} : { version: health.version }),
      ...(health.lastSeen === undefined ? {} : { lastSeen: health.lastSeen.toISOString() }),
      ...(row.credentialExpiresAt === null ? {} : { expiresAt: row.credentialExpiresAt.toISOString() }),
      ...(health.nodes === undefined ? {} : { nodes: health.nodes }),
      permissions: { missing: row.missingPermissions },
      ...(row.serviceAccountTokens ? { serviceAccountAudience: serviceAccountAudience(row.id) } : {}),
      ...(sees.checks ? { checks: row.checks, warnings: warningsOf(row.checks, row.expirations, now), expirations: row.expirations } : {}),
    },
  };
}

/** The answer to a dry run: nothing is stored, so there is no UID. */
export function toTrialResponse(
  { metadata, spec }: CreateClusterRequest,
  endpoint: string,
  found: { checks: ClusterCheck[]; expirations: Expiration[]; missingPermissions: string[] },
  now: Date,
): ClusterResponse {
  const failed = found.checks.find(({ status }) => status === 'Failed');
  return {
    kind: 'Cluster',
    metadata: { name: metadata.name, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
    spec: {
      endpoint,
      displayName: spec.displayName ?? '',
      disabled: spec.disabled === true,
      serviceAccountTokens: spec.serviceAccountTokens === true,
    },
    status: {
      state: failed === undefined ? 'Ready' : failed.type === 'Credential' ? 'Unauthorized' : 'Unreachable',
      reason: failed?.message ?? 'the API server answers',
      since: now.toISOString(),
      permissions: { missing: found.missingPermissions },
      checks: found.checks,
      warnings: warningsOf(found.checks, found.expirations, now),
      expirations: found.expirations,
    },
  };
}
