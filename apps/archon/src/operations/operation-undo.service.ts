import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { FIELD_MANAGER, isConnectionFailure, isMadeBy, KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { AppConfig } from '../config.module.js';
import { GONE_POLLS_MS, isReversible } from './operation-plan.js';
import { Journal } from './journal.repository.js';
import type { OperationEntity } from './operation.entity.js';
import type { OperationStepEntity } from './operation-step.entity.js';
import type { StepTargets } from './operation-targets.service.js';

/** A request that got no answer may still take effect when its cluster comes back; after this time it is looked for once more. */
const SETTLE_MS = 2000;
/** Between why an operation is undone and what its undoing waits for. */
const WAITS = '; undoing waits';

type Taken = 'Undone' | 'Failed' | 'Leaving';

/** Takes back what an operation has applied. */
@Injectable()
export class OperationUndo {
  private readonly annotation: string;

  constructor(
    private readonly journal: Journal,
    private readonly kubernetes: KubernetesGateway,
    config: AppConfig,
  ) {
    this.annotation = `app.${config.labelBaseDomain}/operation`;
  }

  /**
   * Last step first; done when what was made is gone. With the platform's rights, because a caller who may create need not be allowed to
   * delete; but only on objects that carry this operation's id, which nobody but this operation wrote.
   */
  async undo(
    targets: StepTargets,
    operation: OperationEntity,
    steps: readonly OperationStepEntity[],
    { why: told, unanswered, retrySeconds }: { why: string; unanswered: boolean; retrySeconds: number },
  ): Promise<void> {
    const [why = ''] = told.split(WAITS);
    await this.journal.setPhase(operation, 'Undoing', why);
    // Of several steps on one object the first knows what was before all of them.
    const firsts = new Map(
      steps
        .filter(({ action }) => isReversible(action))
        .toReversed()
        .map((step) => [JSON.stringify([step.clusterId, step.ref]), step]),
    );
    const begun = [...firsts.values()].filter((step) => step.state !== 'Undone').sort((a, b) => b.index - a.index);
    const late = unanswered ? begun.filter((step) => step.state === 'Pending') : [];
    try {
      let left = await this.pass(targets, operation, begun);
      if (late.length > 0) await sleep(SETTLE_MS);
      for (const pauseMs of [0, ...GONE_POLLS_MS]) {
        if (pauseMs > 0) await sleep(pauseMs);
        left = await this.pass(targets, operation, pauseMs === 0 ? [...left, ...late] : left);
        if (left.length === 0) break;
      }
      if (left.length > 0) throw new Error(`until ${left.map(({ target }) => target).join(', ')} is gone`);
    } catch (error) {
      await this.journal.setPhase(operation, 'Waiting', `${why}${WAITS}: ${error instanceof Error ? error.message : String(error)}`);
      await this.journal.release(operation, retrySeconds);
      return;
    }
    const complete = begun.every(({ state }) => state === 'Undone');
    for (const step of steps) if (step.state !== 'Failed' && step.state !== 'Undone') await this.journal.mark(step, { state: 'Undone' });
    await this.journal.setPhase(operation, complete ? 'Undone' : 'Failed', why);
  }

  /** Those whose objects are still there, with a deletion timestamp: finalizers have to be waited for. */
  private async pass(targets: StepTargets, operation: OperationEntity, steps: readonly OperationStepEntity[]) {
    const leaving: OperationStepEntity[] = [];
    for (const step of steps) if ((await this.undoStep(targets, operation, step)) === 'Leaving') leaving.push(step);
    return leaving;
  }

  /** `Failed` when the cluster refuses; throws when it can't be reached, so that the rest waits. */
  private async undoStep(targets: StepTargets, operation: OperationEntity, step: OperationStepEntity): Promise<Taken> {
    try {
      const found = await targets.find(step);
      const target: Target | undefined = found && { cluster: found.cluster, identity: PLATFORM };
      const live = target && (await this.kubernetes.find(target, step.ref));
      const isOurs = live?.metadata.annotations?.[this.annotation] === operation.id;
      if (target !== undefined && isOurs && (await this.takeBack(target, step, live)) === 'Leaving') return 'Leaving';
      await this.journal.mark(step, { state: 'Undone', finishedAt: new Date() });
      return 'Undone';
    } catch (error) {
      if (isConnectionFailure(error) || !(error instanceof ApiError)) throw error;
      await this.journal.mark(step, { state: 'Failed', message: `undoing failed: ${error.message}` });
      return 'Failed';
    }
  }

  private async takeBack(target: Target, step: OperationStepEntity, live: KubernetesObject): Promise<Taken> {
    const previous = this.journal.previousOf(step);
    const { apiVersion, kind, metadata } = live;
    if (previous !== undefined) await this.kubernetes.apply(target, step.ref, previous, { force: true });
    // Applying nothing gives up all fields that were applied: the object stays as its owner had it.
    else if (wasThere(step, live))
      await this.kubernetes.apply(target, step.ref, { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } });
    else {
      if (metadata.deletionTimestamp === undefined) await this.kubernetes.delete(target, step.ref, { uid: metadata.uid }).catch(unlessGone);
      return 'Leaving';
    }
    return 'Undone';
  }
}

/**
 * Of an object that a step may have found or made: where the step was not recorded, or may do either, the object itself tells. A creation never
 * finds one: what carries its mark is what it made.
 */
const wasThere = ({ action, state, adopts }: OperationStepEntity, live: KubernetesObject): boolean =>
  action !== 'create' && (state === 'Adopted' || ((adopts || state === 'Pending') && !isMadeBy(live, FIELD_MANAGER)));

/** Gone already, or in the hands of somebody else: the next look tells. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
}
