import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { ClusterEntity } from '../clusters/cluster.entity.js';

/** When the namespaces of a cluster were last compared with what they should be, by whichever replica. */
@Entity('namespace_rounds')
export class NamespaceRoundEntity {
  @PrimaryColumn({ name: 'cluster_id', type: 'uuid', primaryKeyConstraintName: 'namespace_rounds_pkey' })
  clusterId: string;

  @OneToOne(() => ClusterEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'cluster_id', foreignKeyConstraintName: 'namespace_rounds_cluster_id_fkey' })
  cluster: Relation<ClusterEntity>;

  @Column({ name: 'begun_at', type: 'timestamptz' })
  begunAt: Date;
}
