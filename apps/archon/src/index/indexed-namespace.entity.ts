import { Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation, Unique } from 'typeorm';
import { IndexedClusterEntity } from './indexed-cluster.entity.js';

/** A namespace of a cluster as the index numbers it. The one without a name holds the objects of the whole cluster. */
@Entity('indexed_namespaces')
@Unique('indexed_namespaces_name_key', ['clusterNumber', 'name'])
export class IndexedNamespaceEntity {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS', primaryKeyConstraintName: 'indexed_namespaces_pkey' })
  id: number;

  @Column({ name: 'cluster', type: 'integer' })
  clusterNumber: number;

  @ManyToOne(() => IndexedClusterEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'cluster', foreignKeyConstraintName: 'indexed_namespaces_cluster_fkey' })
  cluster: Relation<IndexedClusterEntity>;

  @Column({ type: 'text', collation: 'C' })
  name: string;
}
