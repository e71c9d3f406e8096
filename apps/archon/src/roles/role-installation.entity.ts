import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { ClusterEntity } from '../clusters/cluster.entity.js';

/** Which custom roles a cluster holds. One without a row holds none. */
@Entity('role_installations')
export class RoleInstallationEntity {
  @PrimaryColumn({ name: 'cluster_id', type: 'uuid', primaryKeyConstraintName: 'role_installations_pkey' })
  clusterId: string;

  @OneToOne(() => ClusterEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'cluster_id', foreignKeyConstraintName: 'role_installations_cluster_id_fkey' })
  cluster: ClusterEntity;

  /** Of all objects of all custom roles. */
  @Column({ type: 'text' })
  digest: string;
}
