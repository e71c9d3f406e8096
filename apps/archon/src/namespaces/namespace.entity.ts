import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { ProjectClusterEntity } from '../projects/project-cluster.entity.js';
import type { NamespaceDesired } from './namespace-desired.js';
import type { Drift, NamespaceObserved } from './namespace-observed.js';

export const NAMESPACE_PHASES = ['Creating', 'Active', 'Updating', 'Removing', 'Deleting', 'Failed'] as const;
/** Failed: a person must look at it; it still holds its quota. */
export type NamespacePhase = (typeof NAMESPACE_PHASES)[number];

/** A namespace that a project holds. It belongs to one project at most: the primary key sees to it. */
@Entity('namespaces')
@Index('namespaces_project_name_idx', ['project', 'name', 'clusterId'])
@Unique('namespaces_uid_range_key', ['clusterId', 'uidRange'])
export class NamespaceEntity {
  @PrimaryColumn({ name: 'cluster_id', type: 'uuid', primaryKeyConstraintName: 'namespaces_pkey' })
  clusterId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'namespaces_pkey' })
  name: string;

  @Column({ type: 'text' })
  project: string;

  @ManyToOne(() => ProjectClusterEntity, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'project', referencedColumnName: 'project', foreignKeyConstraintName: 'namespaces_project_cluster_id_fkey' },
    { name: 'cluster_id', referencedColumnName: 'clusterId', foreignKeyConstraintName: 'namespaces_project_cluster_id_fkey' },
  ])
  projectCluster: Relation<ProjectClusterEntity>;

  /** Whether it is the project's own namespace, of the project's name. */
  @Column({ name: 'is_inner', type: 'boolean' })
  isInner: boolean;

  @Column({ type: 'text' })
  phase: NamespacePhase;

  /** What the cluster is to hold of it. */
  @Column({ type: 'jsonb' })
  desired: NamespaceDesired;

  /** User ids for its Pods; no two namespaces of a cluster have the same (NS-16). */
  @Column({ name: 'uid_range', type: 'text', nullable: true })
  uidRange: string | null;

  /** What the cluster was seen to hold. */
  @Column({ type: 'jsonb', nullable: true })
  observed: NamespaceObserved | null;

  @Column({ name: 'observed_at', type: 'timestamptz', nullable: true })
  observedAt: Date | null;

  /** What was found otherwise than desired, newest first. */
  @Column({ type: 'jsonb' })
  drift: Drift[];

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
