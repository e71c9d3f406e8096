import type { ClusterCheck } from './cluster-check.js';
import type { Expiration } from './credential-expiry.js';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** A registered cluster. `credential` is encrypted; a change of how to reach it raises `generation`. */
@Entity('clusters')
@Unique('clusters_name_key', ['name'])
@Unique('clusters_system_uid_key', ['systemUid'])
export class ClusterEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'clusters_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  @Column({ type: 'jsonb' })
  labels: Record<string, string>;

  @Column({ type: 'jsonb' })
  annotations: Record<string, string>;

  @Column({ type: 'text' })
  endpoint: string;

  @Column({ name: 'certificate_authority', type: 'text', nullable: true })
  certificateAuthority: string | null;

  @Column({ type: 'text' })
  credential: string;

  @Column({ name: 'credential_expires_at', type: 'timestamptz', nullable: true })
  credentialExpiresAt: Date | null;

  @Column({ type: 'integer' })
  generation: number;

  /** Of the last change, among all changes of all clusters. */
  @Column({ name: 'resource_version', type: 'bigint' })
  resourceVersion: string;

  /** What was found out about the cluster and its credential when that was last tried. */
  @Column({ type: 'jsonb' })
  checks: ClusterCheck[];

  /** What of the access ends, and when. */
  @Column({ type: 'jsonb' })
  expirations: Expiration[];

  /** UID of its namespace `kube-system`: tells whether a cluster is the same one under another name. */
  @Column({ name: 'system_uid', type: 'uuid' })
  systemUid: string;

  /** Since when an administrator keeps requests away from it; null when nobody does. */
  @Column({ name: 'disabled_at', type: 'timestamptz', nullable: true })
  disabledAt: Date | null;

  /** Whether tokens of its ServiceAccounts, made for Archon, are accepted for requests to it. */
  @Column({ name: 'service_account_tokens', type: 'boolean' })
  serviceAccountTokens: boolean;

  /** What the credential may not do although Archon needs it, as `verb resource.group`. */
  @Column({ name: 'missing_permissions', type: 'text', array: true })
  missingPermissions: string[];

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
