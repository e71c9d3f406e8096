import type { StepState } from './operation-step.entity.js';

interface Step {
  action: 'apply' | 'delete';
  state: StepState;
}

/**
 * How an operation that was broken off goes on. Applies come before deletes. Until every apply is done the change is taken back, as if it
 * had not been asked for; after that only deletes are left, which can't be taken back and are finished.
 */
export function recoveryOf(steps: readonly Step[]): 'finish' | 'undo' {
  return steps.every((step) => step.action === 'delete' || step.state === 'Done') ? 'finish' : 'undo';
}
