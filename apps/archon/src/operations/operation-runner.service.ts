import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { alreadyExists, ApiError } from '#errors';
import { isConnectionFailure, KubernetesGateway, type KubernetesObject, OWN_CREDENTIAL, type Target } from '#kubernetes';
import { AppConfig } from '../config.module.js';
import { Journal } from './journal.repository.js';
import type { OperationEntity } from './operation.entity.js';
import type { OperationPlan, StepPlan } from './operation-plan.js';
import type { OperationStepEntity } from './operation-step.entity.js';
import { recoveryOf } from './recovery.js';

/** Pause before the next try on a cluster that can't be reached. */
const RETRY_SECONDS = 3;
/** A request that got no answer may still take effect when its cluster comes back; after this time it is looked for once more. */
const SETTLE_MS = 2000;

/** Executes operations step by step, each written to the journal, so that a crash at any point can be finished or undone. */
@Injectable()
export class OperationRunner {
  /** Operations that this process works on: their leases are renewed. */
  readonly active = new Set<string>();
  private readonly annotation: string;

  constructor(
    private readonly journal: Journal,
    private readonly kubernetes: KubernetesGateway,
    config: AppConfig,
  ) {
    this.annotation = `app.${config.labelBaseDomain}/operation`;
  }

  /**
   * Does all steps or none. Returns the applied objects in order. Throws what stopped it, with the operation's id and what became of it;
   * when the cluster is out of reach, undoing goes on in the background.
   */
  async run(plan: OperationPlan): Promise<KubernetesObject[]> {
    const operation = await this.journal.begin(plan);
    return this.working(operation, async () => {
      const steps = await this.journal.stepsOf(operation.id);
      const results: KubernetesObject[] = [];
      try {
        for (const [index, step] of plan.steps.entries())
          await this.execute({ cluster: plan.cluster, identity: plan.identity }, operation, step, steps[index], results);
      } catch (error) {
        throw await this.recover({ cluster: plan.cluster, identity: plan.identity }, operation, steps, error);
      }
      await this.journal.setPhase(operation, 'Succeeded', '');
      return results;
    });
  }

  /** Goes on with an operation whose owner is gone, or whose cluster was out of reach. */
  async resume(target: Target, operation: OperationEntity): Promise<void> {
    await this.working(operation, async () => {
      const steps = await this.journal.stepsOf(operation.id);
      if (recoveryOf(steps) === 'undo') {
        await this.undo(target, operation, steps, { why: operation.message || 'the replica that worked on it ended', unanswered: true });
        return;
      }
      try {
        for (const step of steps) if (step.action === 'delete' && step.state === 'Pending') await this.delete(target, step);
        await this.journal.setPhase(operation, 'Succeeded', '');
      } catch (error) {
        await this.giveUp(operation, error);
      }
    });
  }

  private async working<T>(operation: OperationEntity, work: () => Promise<T>): Promise<T> {
    this.active.add(operation.id);
    try {
      return await work();
    } finally {
      this.active.delete(operation.id);
    }
  }

  private async execute(
    target: Target,
    operation: OperationEntity,
    plan: StepPlan,
    step: OperationStepEntity | undefined,
    results: KubernetesObject[],
  ): Promise<void> {
    if (step === undefined) throw new Error(`operation ${operation.id} has a step that is not in its journal`);
    if (plan.action === 'delete') return this.delete(target, step);
    if (plan.object === undefined) throw new Error(`the step on ${plan.target} has nothing to apply`);
    const startedAt = new Date();
    const object = withAnnotation(plan.object(results), this.annotation, operation.id);
    const applied = await this.kubernetes.apply(target, plan.ref, object, { force: plan.previous !== undefined });
    const adopted = plan.previous === undefined && !applied.created;
    await this.journal.mark(step, {
      state: adopted ? 'Adopted' : 'Done',
      uid: applied.object.metadata.uid ?? null,
      startedAt,
      finishedAt: new Date(),
    });
    if (adopted)
      throw alreadyExists(`${plan.target} exists already`, { name: plan.ref.name ?? '', group: plan.ref.group, kind: plan.ref.resource });
    results.push(applied.object);
  }

  private async delete(target: Target, step: OperationStepEntity): Promise<void> {
    const startedAt = new Date();
    try {
      await this.kubernetes.delete(target, step.ref, step.uid === null ? {} : { uid: step.uid });
    } catch (error) {
      // Gone already, or replaced by another object of the same name, which nobody asked to delete.
      if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
    }
    await this.journal.mark(step, { state: 'Done', startedAt, finishedAt: new Date() });
  }

  private async recover(target: Target, operation: OperationEntity, steps: OperationStepEntity[], error: unknown): Promise<unknown> {
    const why = error instanceof ApiError ? error.message : 'an internal error occurred';
    if (recoveryOf(steps) === 'undo') await this.undo(target, operation, steps, { why, unanswered: isConnectionFailure(error) });
    else await this.giveUp(operation, error);
    return error instanceof ApiError
      ? new ApiError(
          error.reason,
          `${error.message}; ${OUTCOMES[operation.phase]}`,
          { ...error.details, operation: operation.id },
          { cause: error, code: error.code },
        )
      : error;
  }

  /** A deletion that can't go on now goes on later; one that the cluster refuses has failed. */
  private async giveUp(operation: OperationEntity, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    await this.journal.setPhase(operation, isConnectionFailure(error) ? 'Waiting' : 'Failed', message);
    if (operation.phase === 'Waiting') await this.journal.release(operation, RETRY_SECONDS);
  }

  /**
   * Takes back what was done, last step first. With Archon's own credential, because a caller who may create need not be allowed to
   * delete; but only on objects that carry this operation's id, which nobody but this operation wrote.
   */
  private async undo(
    { cluster }: Target,
    operation: OperationEntity,
    steps: OperationStepEntity[],
    { why, unanswered }: { why: string; unanswered: boolean },
  ): Promise<void> {
    await this.journal.setPhase(operation, 'Undoing', why);
    const target = { cluster, identity: OWN_CREDENTIAL } as const;
    // Of several steps on one object the first knows what was before all of them.
    const firsts = new Map(
      steps
        .filter(({ action }) => action === 'apply')
        .toReversed()
        .map((step) => [JSON.stringify(step.ref), step]),
    );
    const begun = [...firsts.values()].filter((step) => step.state !== 'Undone').sort((a, b) => b.index - a.index);
    const late = unanswered ? begun.filter((step) => step.state === 'Pending') : [];
    let complete = true;
    try {
      for (const step of begun) complete = (await this.undoStep(target, operation, step)) && complete;
      if (late.length > 0) await sleep(SETTLE_MS);
      for (const step of late) complete = (await this.undoStep(target, operation, step)) && complete;
    } catch (error) {
      await this.journal.setPhase(operation, 'Waiting', `${why}; undoing waits: ${error instanceof Error ? error.message : String(error)}`);
      await this.journal.release(operation, RETRY_SECONDS);
      return;
    }
    for (const step of steps) if (step.state !== 'Failed' && step.state !== 'Undone') await this.journal.mark(step, { state: 'Undone' });
    await this.journal.setPhase(operation, complete ? 'Undone' : 'Failed', why);
  }

  /** False when the cluster refuses; throws when it can't be reached, so that the rest waits. */
  private async undoStep(target: Target, operation: OperationEntity, step: OperationStepEntity): Promise<boolean> {
    try {
      const live = await this.kubernetes.find(target, step.ref);
      if (live !== undefined && live.metadata.annotations?.[this.annotation] === operation.id) await this.takeBack(target, step, live);
      await this.journal.mark(step, { state: 'Undone', finishedAt: new Date() });
      return true;
    } catch (error) {
      if (isConnectionFailure(error) || !(error instanceof ApiError)) throw error;
      await this.journal.mark(step, { state: 'Failed', message: `undoing failed: ${error.message}` });
      return false;
    }
  }

  private async takeBack(target: Target, step: OperationStepEntity, live: KubernetesObject): Promise<void> {
    const previous = this.journal.previousOf(step);
    const { apiVersion, kind, metadata } = live;
    if (previous !== undefined) await this.kubernetes.apply(target, step.ref, previous, { force: true });
    // Applying nothing gives up all fields that were applied: the object stays as its owner had it.
    else if (step.state === 'Adopted')
      await this.kubernetes.apply(target, step.ref, { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } });
    else await this.kubernetes.delete(target, step.ref, { uid: metadata.uid });
  }
}

const OUTCOMES: Record<OperationEntity['phase'], string> = {
  Running: 'it is still under way',
  Waiting: 'what was begun is undone or finished when the cluster can be reached again',
  Undoing: 'what was done is being undone',
  Succeeded: 'it has succeeded',
  Undone: 'nothing was changed',
  Failed: 'not everything could be undone or finished: see the operation',
};

function withAnnotation(object: KubernetesObject, annotation: string, value: string): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [annotation]: value } } };
}
