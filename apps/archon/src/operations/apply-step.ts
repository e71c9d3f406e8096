import { ApiError, conflict } from '#errors';
import { collectionOf, type KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import type { StepPlan } from './operation-plan.js';

/** Whether there may be an object already where the step applies one. */
export const mayExist = ({ adopts, previous }: StepPlan): boolean => adopts === true || previous !== undefined;

/** Applies or creates the object of a step, or only tries to. Throws 409 where the step may not take over what somebody else owns. */
export async function applyStep(
  kubernetes: KubernetesGateway,
  target: Target,
  plan: StepPlan,
  object: KubernetesObject,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<{ object: KubernetesObject; created: boolean }> {
  if (plan.action === 'create') {
    const made = await kubernetes.create(target, collectionOf(plan.ref), object, { dryRun, strict: true });
    return { object: made, created: true };
  }
  const respectsOwners = plan.respectsOwners === true;
  try {
    return await kubernetes.apply(target, plan.ref, object, { dryRun, force: mayExist(plan) && !respectsOwners });
  } catch (error) {
    if (!respectsOwners || !(error instanceof ApiError) || error.code !== 409) throw error;
    const { resource: kind, name = '' } = plan.ref;
    throw conflict(`${plan.target} exists already and is somebody else's: delete or rename it first`, { kind, name });
  }
}
