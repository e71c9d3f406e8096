import { Column, Entity, JoinColumn, OneToOne, PrimaryGeneratedColumn, type Relation, Unique } from 'typeorm';
import { ClusterEntity } from '../clusters/cluster.entity.js';

/**
 * A cluster as the index numbers it, and which replica follows it. A number is never used again: what a removed cluster left behind can't
 * be taken for another's.
 */
@Entity('indexed_clusters')
@Unique('indexed_clusters_cluster_id_key', ['clusterId'])
export class IndexedClusterEntity {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS', primaryKeyConstraintName: 'indexed_clusters_pkey' })
  id: number;

  /** Null: no longer registered; its rows are on their way out. */
  @Column({ name: 'cluster_id', type: 'uuid', nullable: true })
  clusterId: string | null;

  @OneToOne(() => ClusterEntity, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'cluster_id', foreignKeyConstraintName: 'indexed_clusters_cluster_id_fkey' })
  cluster: Relation<ClusterEntity> | null;

  @Column({ name: 'lease_owner', type: 'uuid', nullable: true })
  leaseOwner: string | null;

  /** Rises with each owner: a write under an older one changes nothing. */
  @Column({ name: 'lease_token', type: 'bigint' })
  leaseToken: string;

  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;
}
