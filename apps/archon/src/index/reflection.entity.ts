import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { IndexedClusterEntity } from './indexed-cluster.entity.js';
import { IndexedKindEntity } from './indexed-kind.entity.js';

/** Listing: what is there is from before. Watching: it follows the cluster. Interrupted: it did until `since`. Refused: the cluster doesn't let it. */
export type ReflectionState = 'Listing' | 'Watching' | 'Interrupted' | 'Refused';

/** How far the index has followed a kind of a cluster. */
@Entity('reflections')
export class ReflectionEntity {
  @PrimaryColumn({ name: 'cluster', type: 'integer', primaryKeyConstraintName: 'reflections_pkey' })
  clusterNumber: number;

  @ManyToOne(() => IndexedClusterEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'cluster', foreignKeyConstraintName: 'reflections_cluster_fkey' })
  cluster: Relation<IndexedClusterEntity>;

  @PrimaryColumn({ name: 'kind', type: 'integer', primaryKeyConstraintName: 'reflections_pkey' })
  kindNumber: number;

  @ManyToOne(() => IndexedKindEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'kind', foreignKeyConstraintName: 'reflections_kind_fkey' })
  kind: Relation<IndexedKindEntity>;

  /** Of the API, in which the kind is read. */
  @Column({ type: 'text' })
  version: string;

  /** As its objects call it: `Deployment`. */
  @Column({ name: 'object_kind', type: 'text' })
  objectKind: string;

  @Column({ type: 'boolean' })
  namespaced: boolean;

  @Column({ type: 'text' })
  state: ReflectionState;

  @Column({ type: 'text' })
  reason: string;

  /** Since when it is in this state. */
  @Column({ type: 'timestamptz' })
  since: Date;

  /** Everything up to this version is in the index; a new owner goes on from here. */
  @Column({ name: 'resource_version', type: 'text', nullable: true })
  resourceVersion: string | null;

  /** Another one after each change of the rows, which no reflection ever had. */
  @Column({ type: 'bigint', default: () => "nextval('index_revisions')" })
  revision: string;

  /** When a whole list was last taken over. */
  @Column({ name: 'listed_at', type: 'timestamptz', nullable: true })
  listedAt: Date | null;

  /** When the cluster last said that there is nothing beyond `resourceVersion`, or sent what is. */
  @Column({ name: 'synced_at', type: 'timestamptz', nullable: true })
  syncedAt: Date | null;

  /** Of the owner that last wrote this. */
  @Column({ name: 'lease_token', type: 'bigint' })
  leaseToken: string;
}
