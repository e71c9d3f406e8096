import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ClusterSnapshot } from './cluster-snapshot.js';

/** A change of the registrations, kept for an hour so that watches can resume; the newest row is kept for ever. */
@Entity('cluster_changes')
export class ClusterChangeEntity {
  @PrimaryColumn({ name: 'resource_version', type: 'bigint', primaryKeyConstraintName: 'cluster_changes_pkey' })
  resourceVersion: string;

  /** Null when the cluster was registered. */
  @Column({ type: 'jsonb', nullable: true })
  before: ClusterSnapshot | null;

  /** Null when the cluster was forgotten. */
  @Column({ type: 'jsonb', nullable: true })
  after: ClusterSnapshot | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
