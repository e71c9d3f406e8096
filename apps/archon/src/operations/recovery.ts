import { isReversible, type StepAction } from './operation-plan.js';
import type { StepState } from './operation-step.entity.js';

interface Step {
  action: StepAction;
  state: StepState;
}

/**
 * How an operation that was broken off goes on. What can be taken back comes before everything else. Until all of it is done the change is taken back, as
 * if it had not been asked for; after that only steps are left that can't be taken back, and they are finished.
 */
export function recoveryOf(steps: readonly Step[]): 'finish' | 'undo' {
  return steps.every((step) => !isReversible(step.action) || step.state === 'Done') ? 'finish' : 'undo';
}
