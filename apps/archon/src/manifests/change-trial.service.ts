import { Injectable } from '@nestjs/common';
import { ApiError, alreadyExists } from '#errors';
import { collectionOf, describeObject, isConnectionFailure, KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import { type LocatedObject, type NamedObject, subjectOf } from './object-locator.service.js';

/** One object of a change that is tried. */
export interface Trial extends LocatedObject {
  /** Whether the object must not exist yet. */
  creates: boolean;
}

interface Fault {
  trial: NamedObject;
  error: ApiError;
}

/** Tries a whole change as a dry run on the cluster before any of it is done: rights, schema, admission and quota speak first. */
@Injectable()
export class ChangeTrial {
  constructor(private readonly kubernetes: KubernetesGateway) {}

  /** What each object would become. Throws the first failure, with a cause for every object that fails. */
  apply(target: Target, trials: readonly Trial[]): Promise<KubernetesObject[]> {
    return this.all(trials, async ({ ref, object, creates }) => {
      try {
        const { object: result, created } = await this.kubernetes.apply(target, ref, object, { dryRun: true, force: !creates });
        if (creates && !created) throw existsAlready(object);
        return result;
      } catch (error) {
        throw creates && error instanceof ApiError && (await this.meetsAnother(target, ref, error)) ? existsAlready(object) : error;
      }
    });
  }

  /**
   * Whether a creation was refused for an object that exists: the conflict of a creation is always with one, and what is invalid may be what
   * both together would be. Who may not look has only the cluster's answer.
   */
  private async meetsAnother(target: Target, ref: LocatedObject['ref'], { reason }: ApiError): Promise<boolean> {
    if (reason !== 'Invalid') return reason === 'Conflict';
    try {
      return (await this.kubernetes.find(target, ref)) !== undefined;
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'Forbidden') return false;
      throw error;
    }
  }

  /** The same, for objects that are created and not applied. The message names the first object that fails: the cluster's own does not. */
  async create(target: Target, objects: readonly LocatedObject[]): Promise<void> {
    const attempt = ({ ref, object }: LocatedObject) =>
      this.kubernetes.create(target, collectionOf(ref), object, { dryRun: true, strict: true });
    await this.all(objects, attempt, ({ trial, error }) => `${subjectOf(trial)}: ${error.message}`);
  }

  /** What each object would become by a JSON merge patch. */
  patch(target: Target, patches: readonly (LocatedObject & { patch: object })[]): Promise<KubernetesObject[]> {
    return this.all(patches, ({ ref, patch }) => this.kubernetes.patch(target, ref, 'merge', patch, { dryRun: true }));
  }

  async delete(target: Target, objects: readonly LocatedObject[]): Promise<void> {
    await this.all(objects, ({ ref }) => this.kubernetes.delete(target, ref, { dryRun: true }));
  }

  private async all<T extends NamedObject, R>(
    trials: readonly T[],
    attempt: (trial: T) => Promise<R>,
    messageOf = ({ error }: Fault): string => error.message,
  ): Promise<R[]> {
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
    const [first, ...others] = faults.toSorted((a, b) => trials.indexOf(a.trial as T) - trials.indexOf(b.trial as T));
    if (first !== undefined) throw combined(first, [first, ...others], messageOf(first));
    return results.flat();
  }
}

const existsAlready = (object: KubernetesObject): ApiError =>
  alreadyExists(`${describeObject(object)} exists already in this namespace`, { kind: object.kind, name: object.metadata.name ?? '' });

/** The failure of the first object in the caller's order speaks for all; its causes name every object. */
function combined({ error: first }: Fault, faults: readonly Fault[], message: string): ApiError {
  const causes = faults.flatMap(({ trial, error }) => {
    const subject = subjectOf(trial);
    const inner = error.details?.causes ?? [];
    return inner.length === 0
      ? [{ reason: error.reason, field: subject, message: error.message }]
      : inner.map((cause) => ({ ...cause, field: `${subject}: ${cause.field ?? ''}` }));
  });
  return new ApiError(first.reason, message, { ...first.details, causes }, { cause: first, code: first.code });
}
