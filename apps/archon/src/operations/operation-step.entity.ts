import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { ResourceRef } from '#kubernetes';
import { OperationEntity } from './operation.entity.js';
import type { StepAction } from './operation-plan.js';

/** Pending: not done, or done a moment before a crash. Adopted: it turned out to exist already, and only our fields were added. */
export type StepState = 'Pending' | 'Done' | 'Adopted' | 'Undone' | 'Failed';

@Entity('operation_steps')
export class OperationStepEntity {
  @PrimaryColumn({ name: 'operation_id', type: 'uuid', primaryKeyConstraintName: 'operation_steps_pkey' })
  operationId: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'operation_steps_pkey' })
  index: number;

  @ManyToOne(() => OperationEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'operation_id', foreignKeyConstraintName: 'operation_steps_operation_id_fkey' })
  operation: Relation<OperationEntity>;

  @Column({ type: 'text' })
  action: StepAction;

  /** How the object is called for people: `Deployment.apps "web"`. */
  @Column({ type: 'text' })
  target: string;

  @Column({ type: 'jsonb' })
  ref: ResourceRef;

  /** Null: the cluster of the operation. */
  @Column({ name: 'cluster_id', type: 'uuid', nullable: true })
  clusterId: string | null;

  @Column({ name: 'cluster_name', type: 'text', nullable: true })
  clusterName: string | null;

  /** The object may have existed before: see `StepPlan`. */
  @Column({ type: 'boolean' })
  adopts: boolean;

  @Column({ type: 'jsonb', nullable: true })
  patch: object | null;

  @Column({ type: 'text' })
  state: StepState;

  @Column({ type: 'text' })
  message: string;

  @Column({ type: 'text', nullable: true })
  uid: string | null;

  /** What Archon had applied to the object before, encrypted (it may be a Secret); null when the step makes the object. */
  @Column({ type: 'text', nullable: true })
  previous: string | null;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
