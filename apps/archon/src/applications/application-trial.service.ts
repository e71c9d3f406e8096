import { Injectable } from '@nestjs/common';
import { ApiError, alreadyExists } from '#errors';
import { describeObject, isConnectionFailure, KubernetesGateway, type KubernetesObject, type ResourceRef, type Target } from '#kubernetes';

/** One object of a change that is tried. */
export interface Trial {
  ref: ResourceRef;
  object: KubernetesObject;
  /** Whether the object must not exist yet. */
  creates: boolean;
}

interface Fault {
  trial: { object: KubernetesObject };
  error: ApiError;
}

/** Tries a whole change as a dry run on the cluster before any of it is done: rights, schema, admission and quota speak first. */
@Injectable()
export class ApplicationTrial {
  constructor(private readonly kubernetes: KubernetesGateway) {}

  /** What each object would become. Throws the first failure, with a cause for every object that fails. */
  apply(target: Target, trials: readonly Trial[]): Promise<KubernetesObject[]> {
    return this.all(trials, async ({ ref, object, creates }) => {
      try {
        const { object: result, created } = await this.kubernetes.apply(target, ref, object, { dryRun: true, force: !creates });
        if (creates && !created) throw existsAlready(object);
        return result;
      } catch (error) {
        // The conflict of a creation is always with an object that exists.
        throw creates && error instanceof ApiError && error.reason === 'Conflict' ? existsAlready(object) : error;
      }
    });
  }

  async delete(target: Target, objects: readonly { ref: ResourceRef; object: KubernetesObject }[]): Promise<void> {
    await this.all(objects, ({ ref }) => this.kubernetes.delete(target, ref, { dryRun: true }));
  }

  private async all<T extends { object: KubernetesObject }, R>(trials: readonly T[], attempt: (trial: T) => Promise<R>): Promise<R[]> {
    const faults: Fault[] = [];
    const results = await Promise.all(
      trials.map(async (trial) => {
        try {
          return [await attempt(trial)];
        } catch (error) {
          if (!(error instanceof ApiError) || isConnectionFailure(error)) throw error;
          faults.push({ trial, error });
          return [];
        }
      }),
    );
    if (faults.length > 0) throw combined(trials, faults);
    return results.flat();
  }
}

const existsAlready = (object: KubernetesObject): ApiError =>
  alreadyExists(`${describeObject(object)} exists already in this namespace`, { kind: object.kind, name: object.metadata.name ?? '' });

/** The failure of the first object in the caller's order speaks for all; its causes name every object. */
function combined(trials: readonly { object: KubernetesObject }[], faults: readonly Fault[]): ApiError {
  const inOrder = faults.toSorted((a, b) => trials.indexOf(a.trial) - trials.indexOf(b.trial));
  const first = inOrder[0]?.error ?? new ApiError('InternalError', 'a trial failed without a reason');
  const causes = inOrder.flatMap(({ trial: { object }, error }) => {
    const subject = describeObject(object);
    const inner = error.details?.causes ?? [];
    return inner.length === 0
      ? [{ reason: error.reason, field: subject, message: error.message }]
      : inner.map((cause) => ({ ...cause, field: `${subject}: ${cause.field ?? ''}` }));
  });
  return new ApiError(first.reason, first.message, { ...first.details, causes }, { cause: first, code: first.code });
}
