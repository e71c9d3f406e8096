import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { NamespaceEntity } from './namespace.entity.js';

/** What a namespace takes of its project's quota of one type in its cluster, in nano-units (see `parseQuantity`). */
@Entity('quota_claims')
export class QuotaClaimEntity {
  @PrimaryColumn({ name: 'cluster_id', type: 'uuid', primaryKeyConstraintName: 'quota_claims_pkey' })
  clusterId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'quota_claims_pkey' })
  namespace: string;

  @ManyToOne(() => NamespaceEntity, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'cluster_id', referencedColumnName: 'clusterId', foreignKeyConstraintName: 'quota_claims_namespace_fkey' },
    { name: 'namespace', referencedColumnName: 'name', foreignKeyConstraintName: 'quota_claims_namespace_fkey' },
  ])
  namespaceRow: Relation<NamespaceEntity>;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'quota_claims_pkey' })
  key: string;

  /** `numeric`: whole, of any size. */
  @Column({ type: 'numeric' })
  amount: string;
}
