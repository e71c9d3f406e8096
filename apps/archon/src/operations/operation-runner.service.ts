import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { alreadyExists, ApiError } from '#errors';
import { isConnectionFailure, KubernetesGateway, type KubernetesObject } from '#kubernetes';
import { AppConfig } from '../config.module.js';
import { applyStep, mayExist } from './apply-step.js';
import { Journal } from './journal.repository.js';
import type { OperationEntity } from './operation.entity.js';
import { GONE_POLLS_MS, isReversible, type OperationEnd, type OperationKind, type OperationPlan, type StepPlan } from './operation-plan.js';
import type { OperationStepEntity } from './operation-step.entity.js';
import { OperationTargets, type StepTargets } from './operation-targets.service.js';
import { OperationUndo } from './operation-undo.service.js';
import { recoveryOf } from './recovery.js';

/** Pause before the next try on a cluster that can't be reached. */
const RETRY_SECONDS = 3;

/** An operation that was begun, and what it has applied. */
export interface Launched {
  operation: OperationEntity;
  applied: KubernetesObject[];
}

/** Executes operations step by step, each written to the journal, so that a crash at any point can be finished or undone. */
@Injectable()
export class OperationRunner {
  /** Operations that this process works on: their leases are renewed. */
  readonly active = new Set<string>();
  private readonly annotation: string;

  constructor(
    private readonly journal: Journal,
    private readonly kubernetes: KubernetesGateway,
    private readonly targets: OperationTargets,
    private readonly undoing: OperationUndo,
    config: AppConfig,
  ) {
    this.annotation = `app.${config.labelBaseDomain}/operation`;
  }

  /** What is stored together with the end of each operation of a kind, whoever finishes it. */
  onEnd(kind: OperationKind, end: OperationEnd): void {
    this.journal.onEnd(kind, end);
  }

  /**
   * Does all steps or none. Returns the applied objects in order. Throws what stopped it, with the operation's id and what became of it;
   * when the cluster is out of reach, undoing goes on in the background.
   */
  async run(plan: OperationPlan): Promise<KubernetesObject[]> {
    const { applied, operation, failure } = await this.start(plan);
    if (failure !== undefined) throw explained(failure, operation);
    return applied;
  }

  /** The same, but what waits for a cluster, or for objects to go, is not a failure: it goes on in the background, see the operation. */
  async launch(plan: OperationPlan): Promise<Launched> {
    const { applied, operation, failure } = await this.start(plan);
    const goesOn =
      operation.phase === 'Succeeded' || (operation.phase === 'Waiting' && plan.steps.every(({ action }) => !isReversible(action)));
    if (failure !== undefined && !goesOn) throw explained(failure, operation);
    return { applied, operation };
  }

  /** Goes on with an operation whose owner is gone, or whose cluster was out of reach. */
  async resume(operation: OperationEntity): Promise<void> {
    await this.working(operation, async () => {
      const steps = await this.journal.stepsOf(operation.id);
      const targets = this.targets.ofOperation(operation);
      if (recoveryOf(steps) === 'finish') await this.finish(targets, operation, steps);
      else {
        const why = operation.message || 'the replica that worked on it ended';
        await this.undoing.undo(targets, operation, steps, { why, unanswered: true, retrySeconds: RETRY_SECONDS });
      }
    });
  }

  private async start(plan: OperationPlan): Promise<Launched & { failure?: unknown }> {
    const operation = await this.journal.begin(plan);
    const applied: KubernetesObject[] = [];
    const failure = await this.working(operation, async () => {
      const steps = await this.journal.stepsOf(operation.id);
      const targets = this.targets.ofPlan(operation, plan);
      try {
        for (const [index, step] of steps.entries())
          if (isReversible(step.action)) await this.apply(targets, operation, plan.steps[index], step, applied);
      } catch (error) {
        const why = error instanceof ApiError ? error.message : 'an internal error occurred';
        await this.undoing.undo(targets, operation, steps, { why, unanswered: isConnectionFailure(error), retrySeconds: RETRY_SECONDS });
        return error;
      }
      return this.finish(targets, operation, steps, GONE_POLLS_MS);
    });
    return { operation, applied, failure };
  }

  private async working<T>(operation: OperationEntity, work: () => Promise<T>): Promise<T> {
    this.active.add(operation.id);
    try {
      return await work();
    } finally {
      this.active.delete(operation.id);
    }
  }

  private async apply(
    targets: StepTargets,
    operation: OperationEntity,
    plan: StepPlan | undefined,
    step: OperationStepEntity,
    applied: KubernetesObject[],
  ): Promise<void> {
    if (plan?.object === undefined) throw new Error(`operation ${operation.id} has a step with nothing to apply`);
    const startedAt = new Date();
    const object = withAnnotation(plan.object(applied), this.annotation, operation.id);
    const answer = await applyStep(this.kubernetes, await targets.require(step), plan, object);
    const exists = !mayExist(plan) && !answer.created;
    await this.journal.mark(step, {
      state: exists ? 'Adopted' : 'Done',
      uid: answer.object.metadata.uid ?? null,
      startedAt,
      finishedAt: new Date(),
    });
    if (exists)
      throw alreadyExists(`${plan.target} exists already`, { name: plan.ref.name ?? '', group: plan.ref.group, kind: plan.ref.resource });
    applied.push(answer.object);
  }

  /**
   * Does the steps that can't be taken back, in order. After a failure nothing more is done in that cluster; the others go on. What can't
   * be done now is done later; what a cluster refuses has failed. Returns the failure.
   */
  private async finish(
    targets: StepTargets,
    operation: OperationEntity,
    steps: readonly OperationStepEntity[],
    polls: readonly number[] = [],
  ): Promise<unknown> {
    const failures = new Map<string, unknown>();
    const left = new Set(steps.filter(({ action, state }) => !isReversible(action) && state === 'Pending'));
    const waitsFor: string[] = [];
    for (const pauseMs of [0, ...polls]) {
      if (pauseMs > 0) await sleep(pauseMs);
      waitsFor.length = 0;
      for (const step of left) {
        const cluster = step.clusterId ?? operation.clusterId;
        if (failures.has(cluster)) continue;
        try {
          if (await this.perform(targets, step)) left.delete(step);
          else waitsFor.push(step.target);
        } catch (error) {
          failures.set(cluster, error);
        }
      }
      if (waitsFor.length === 0) break;
    }
    const all = [...failures.values()];
    const refusal = all.find((failure) => !isConnectionFailure(failure));
    const failure = refusal ?? all[0];
    if (refusal !== undefined) await this.journal.setPhase(operation, 'Failed', messageOf(refusal));
    else if (failure === undefined && waitsFor.length === 0) await this.journal.setPhase(operation, 'Succeeded', '');
    else {
      const why = failure === undefined ? `waits until ${waitsFor.join(', ')} is gone` : messageOf(failure);
      await this.journal.setPhase(operation, 'Waiting', why);
      await this.journal.release(operation, RETRY_SECONDS);
    }
    return failure;
  }

  /** False while there is nothing to do but to wait. */
  private async perform(targets: StepTargets, step: OperationStepEntity): Promise<boolean> {
    const startedAt = new Date();
    const target = await targets.find(step);
    try {
      // A cluster that is no longer registered is none of Archon's business.
      if (target !== undefined)
        switch (step.action) {
          case 'patch':
            await this.kubernetes.patch(target, step.ref, 'merge', step.patch ?? {});
            break;
          case 'delete':
            await this.kubernetes.delete(target, step.ref, step.uid === null ? {} : { uid: step.uid });
            break;
          default: {
            const live = await this.kubernetes.find(target, step.ref);
            if (live !== undefined && (step.uid === null || live.metadata.uid === step.uid)) return false;
          }
        }
    } catch (error) {
      // Gone already, or replaced by another object of the same name, which nobody asked to change.
      if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
    }
    await this.journal.mark(step, { state: 'Done', startedAt, finishedAt: new Date() });
    return true;
  }
}

const OUTCOMES: Record<OperationEntity['phase'], string> = {
  Running: 'it is still under way',
  Waiting: 'what was begun is undone or finished in the background: see the operation',
  Undoing: 'what was done is being undone',
  Succeeded: 'it has succeeded',
  Undone: 'nothing was changed',
  Failed: 'not everything could be undone or finished: see the operation',
};

const messageOf = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure));

/** What stopped an operation, with its id and what became of it. */
function explained(failure: unknown, operation: OperationEntity): unknown {
  if (!(failure instanceof ApiError)) return failure;
  return new ApiError(
    failure.reason,
    `${failure.message}; ${OUTCOMES[operation.phase]}`,
    { ...failure.details, operation: operation.id },
    { cause: failure, code: failure.code },
  );
}

function withAnnotation(object: KubernetesObject, annotation: string, value: string): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [annotation]: value } } };
}
