import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, QueryFailedError, type Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { conflict } from '#errors';
import { type KubernetesObject, parseJson } from '#kubernetes';
import { OperationEntity, type OperationPhase } from './operation.entity.js';
import { OperationStepEntity } from './operation-step.entity.js';
import type { EndedOperation, OperationEnd, OperationKind, OperationPlan } from './operation-plan.js';

const ACTIVE: OperationPhase[] = ['Running', 'Waiting', 'Undoing'];
const ACTIVE_KEY = 'operations_active_key';
/** A replica that doesn't renew its lease within this time is taken for dead. The database's clock decides, not a replica's. */
const LEASE = "interval '10 seconds'";

/** The journal of operations in Postgres: written before and after each effect, read by whoever takes an operation over. */
@Injectable()
export class Journal {
  /** This process, as the owner of leases. */
  private readonly owner = randomUUID();
  private readonly ends = new Map<string, OperationEnd>();

  constructor(
    @InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>,
    @InjectRepository(OperationStepEntity) private readonly steps: Repository<OperationStepEntity>,
    private readonly cipher: FieldCipher,
  ) {}

  onEnd(kind: OperationKind, end: OperationEnd): void {
    this.ends.set(kind, end);
  }

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
      actsAs: plan.actsAs ?? 'caller',
      payload: plan.payload ?? null,
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
      clusterId: step.cluster?.id ?? null,
      clusterName: step.cluster?.name ?? null,
      adopts: step.adopts ?? false,
      patch: step.patch ?? null,
      state: 'Pending' as const,
      message: '',
      uid: step.uid ?? null,
      previous: step.previous === undefined ? null : this.cipher.encrypt(JSON.stringify(step.previous), address(id, index)),
    }));
    try {
      await this.operations.manager.transaction(async (manager) => {
        await manager.insert(OperationEntity, operation);
        await manager.insert(OperationStepEntity, steps);
        await plan.store?.(manager, id);
      });
    } catch (error) {
      if (error instanceof QueryFailedError && (error as { constraint?: string }).constraint === ACTIVE_KEY) throw await this.busy(plan);
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

  /** An end, and what belongs to it, is stored once: false when somebody else has ended the operation meanwhile. */
  async setPhase(operation: OperationEntity, phase: OperationPhase, message: string): Promise<boolean> {
    const finishedAt = ACTIVE.includes(phase) ? null : new Date();
    const changed = await this.operations.manager.transaction(async (manager) => {
      const { affected } = await manager.update(OperationEntity, { id: operation.id, phase: In(ACTIVE) }, { phase, message, finishedAt });
      if (affected !== 1) return false;
      if (finishedAt === null) return true;
      // Nothing can be taken back any more: earlier manifests, which may be Secrets, have no reason to stay.
      await manager.update(OperationStepEntity, { operationId: operation.id }, { previous: null });
      await this.end(manager, operation, phase as EndedOperation['phase']);
      return true;
    });
    if (changed) Object.assign(operation, { phase, message, finishedAt });
    return changed;
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

  private async end(manager: EntityManager, operation: OperationEntity, phase: EndedOperation['phase']): Promise<void> {
    const { id, clusterId, namespace, name, payload } = operation;
    await this.ends.get(operation.kind)?.(manager, { id, phase, clusterId, namespace, name, payload });
  }

  private async busy(plan: OperationPlan): Promise<Error> {
    const running = await this.operations.findOneBy({
      clusterId: plan.cluster.id,
      namespace: plan.namespace,
      name: plan.name,
      phase: In(ACTIVE),
    });
    const which = running === null ? 'another operation' : `operation ${running.id} (${running.kind}, ${running.phase})`;
    const name = plan.name || plan.namespace;
    return conflict(`${which} is under way on "${name}"; try again when it has ended`, {
      name,
      ...(running && { operation: running.id }),
    });
  }
}

const address = (operationId: string, index: number) => ({ table: 'operation_steps', id: `${operationId}/${index}`, field: 'previous' });
