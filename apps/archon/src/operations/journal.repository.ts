import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, QueryFailedError, type Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { conflict } from '#errors';
import { type KubernetesObject, parseJson } from '#kubernetes';
import { OperationEntity, type OperationPhase } from './operation.entity.js';
import { OperationStepEntity } from './operation-step.entity.js';
import type { OperationPlan } from './operation-plan.js';

const ACTIVE: OperationPhase[] = ['Running', 'Waiting', 'Undoing'];
const UNIQUE_VIOLATION = '23505';
/** A replica that doesn't renew its lease within this time is taken for dead. The database's clock decides, not a replica's. */
const LEASE = "interval '10 seconds'";

/** The journal of operations in Postgres: written before and after each effect, read by whoever takes an operation over. */
@Injectable()
export class Journal {
  /** This process, as the owner of leases. */
  private readonly owner = randomUUID();

  constructor(
    @InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>,
    @InjectRepository(OperationStepEntity) private readonly steps: Repository<OperationStepEntity>,
    private readonly cipher: FieldCipher,
  ) {}

  /** Writes the whole plan down. Throws 409 that names the operation under way on the same object. */
  async begin(plan: OperationPlan): Promise<OperationEntity> {
    const id = randomUUID();
    const operation = this.operations.create({
      id,
      kind: plan.kind,
      clusterId: plan.cluster.id,
      clusterName: plan.cluster.name,
      namespace: plan.namespace,
      name: plan.name,
      phase: 'Running',
      message: '',
      userName: plan.identity.user,
      groups: [...plan.identity.groups],
      leaseOwner: this.owner,
      leaseUntil: new Date(Date.now() + 10_000),
      createdAt: new Date(),
    });
    const steps = plan.steps.map((step, index) => ({
      operationId: id,
      index,
      action: step.action,
      target: step.target,
      ref: step.ref,
      state: 'Pending' as const,
      message: '',
      uid: step.uid ?? null,
      previous: step.previous === undefined ? null : this.cipher.encrypt(JSON.stringify(step.previous), address(id, index)),
    }));
    try {
      await this.operations.manager.transaction(async (manager) => {
        await manager.insert(OperationEntity, operation);
        await manager.insert(OperationStepEntity, steps);
      });
    } catch (error) {
      if (error instanceof QueryFailedError && (error as { code?: string }).code === UNIQUE_VIOLATION) throw await this.busy(plan);
      throw error;
    }
    return operation;
  }

  stepsOf(operationId: string): Promise<OperationStepEntity[]> {
    return this.steps.find({ where: { operationId }, order: { index: 'ASC' } });
  }

  previousOf(step: OperationStepEntity): KubernetesObject | undefined {
    return step.previous === null
      ? undefined
      : (parseJson(this.cipher.decrypt(step.previous, address(step.operationId, step.index))) as KubernetesObject);
  }

  async mark(
    step: OperationStepEntity,
    change: Partial<Pick<OperationStepEntity, 'state' | 'message' | 'uid' | 'startedAt' | 'finishedAt'>>,
  ): Promise<void> {
    Object.assign(step, change);
    await this.steps.update({ operationId: step.operationId, index: step.index }, change);
  }

  async setPhase(operation: OperationEntity, phase: OperationPhase, message: string): Promise<void> {
    const finishedAt = ACTIVE.includes(phase) ? null : new Date();
    Object.assign(operation, { phase, message, finishedAt });
    await this.operations.update({ id: operation.id }, { phase, message, finishedAt });
    // Nothing can be taken back any more: earlier manifests, which may be Secrets, have no reason to stay.
    if (finishedAt !== null) await this.steps.update({ operationId: operation.id }, { previous: null });
  }

  /** Gives an operation up so that it is taken over `seconds` from now, by this replica or another. */
  async release(operation: OperationEntity, seconds: number): Promise<void> {
    await this.operations.query('update operations set lease_until = now() + make_interval(secs => $2) where id = $1', [
      operation.id,
      seconds,
    ]);
  }

  async renew(ids: readonly string[]): Promise<void> {
    await this.operations.query(`update operations set lease_until = now() + ${LEASE} where id = any($1) and lease_owner = $2`, [
      ids,
      this.owner,
    ]);
  }

  /** Takes over the oldest operation whose owner is gone; undefined when there is none. No two replicas get the same one. */
  async claim(): Promise<OperationEntity | undefined> {
    const claimed = await this.operations.query<[{ id: string }[], number]>(
      `update operations set lease_owner = $1, lease_until = now() + ${LEASE}
       where id = (select id from operations where phase = any($2) and lease_until < now() order by created_at for update skip locked limit 1)
       returning id`,
      [this.owner, ACTIVE],
    );
    const id = claimed[0][0]?.id;
    return id === undefined ? undefined : ((await this.operations.findOneBy({ id })) ?? undefined);
  }

  private async busy(plan: OperationPlan): Promise<Error> {
    const running = await this.operations.findOneBy({
      clusterId: plan.cluster.id,
      namespace: plan.namespace,
      name: plan.name,
      phase: In(ACTIVE),
    });
    const which = running === null ? 'another operation' : `operation ${running.id} (${running.kind}, ${running.phase})`;
    return conflict(`${which} is under way on "${plan.name}"; try again when it has ended`, {
      name: plan.name,
      ...(running && { operation: running.id }),
    });
  }
}

const address = (operationId: string, index: number) => ({ table: 'operation_steps', id: `${operationId}/${index}`, field: 'previous' });
