import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ClusterEntity } from '../clusters/cluster.entity.js';
import { ProjectEntity } from './project.entity.js';

/** A cluster of a project, with the quota that the project has there. Who changes quotas or claims locks this row. */
@Entity('project_clusters')
@Index('project_clusters_cluster_id_idx', ['clusterId'])
export class ProjectClusterEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'project_clusters_pkey' })
  project: string;

  @PrimaryColumn({ name: 'cluster_id', type: 'uuid', primaryKeyConstraintName: 'project_clusters_pkey' })
  clusterId: string;

  @ManyToOne(() => ProjectEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project', foreignKeyConstraintName: 'project_clusters_project_fkey' })
  projectRow: Relation<ProjectEntity>;

  @ManyToOne(() => ClusterEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'cluster_id', foreignKeyConstraintName: 'project_clusters_cluster_id_fkey' })
  clusterRow: Relation<ClusterEntity>;

  /** As the official shape has it; Archon gives it no meaning. */
  @Column({ type: 'text' })
  type: string;

  /** Quota key to quantity; what is absent is unlimited. */
  @Column({ type: 'jsonb' })
  hard: Record<string, string>;

  /** Of the project's own namespace in that cluster. Leaving: it is taken out, and the cluster with it. */
  @Column({ type: 'text' })
  phase: 'Pending' | 'Active' | 'Failed' | 'Leaving';

  @Column({ type: 'text' })
  message: string;
}
