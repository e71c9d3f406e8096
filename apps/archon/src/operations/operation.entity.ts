import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const OPERATION_PHASES = ['Running', 'Waiting', 'Undoing', 'Succeeded', 'Undone', 'Failed'] as const;
/**
 * Running: under way. Waiting: the cluster can't be reached, it goes on when it can. Undoing: what was done is being taken back.
 * Succeeded, Undone: nothing is left to do. Failed: something was left that a person must look at; the message says what.
 */
export type OperationPhase = (typeof OPERATION_PHASES)[number];

/** A change over several resources. At most one per object is under way: the partial unique index sees to it. */
@Entity('operations')
@Index('operations_active_key', ['clusterId', 'namespace', 'name'], { unique: true, where: `phase in ('Running', 'Waiting', 'Undoing')` })
@Index('operations_created_at_idx', ['createdAt'])
export class OperationEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'operations_pkey' })
  id: string;

  @Column({ type: 'text' })
  kind: string;

  @Column({ name: 'cluster_id', type: 'uuid' })
  clusterId: string;

  @Column({ name: 'cluster_name', type: 'text' })
  clusterName: string;

  @Column({ type: 'text' })
  namespace: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  phase: OperationPhase;

  @Column({ type: 'text' })
  message: string;

  @Column({ name: 'user_name', type: 'text' })
  userName: string;

  /** The groups that the caller had: what is undone or finished later is done with the same rights. */
  @Column({ type: 'text', array: true })
  groups: string[];

  /** `archon`: with the platform's rights, because Archon's own rules allow it. */
  @Column({ name: 'acts_as', type: 'text' })
  actsAs: 'caller' | 'archon';

  /** What its end needs to know. */
  @Column({ type: 'jsonb', nullable: true })
  payload: object | null;

  /** Who works on it, and until when that is believed without a sign of life. */
  @Column({ name: 'lease_owner', type: 'uuid' })
  leaseOwner: string;

  @Column({ name: 'lease_until', type: 'timestamptz' })
  leaseUntil: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
