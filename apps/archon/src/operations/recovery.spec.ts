import { describe, expect, it } from 'vitest';
import type { StepAction } from './operation-plan.js';
import type { StepState } from './operation-step.entity.js';
import { recoveryOf } from './recovery.js';

const steps = (...given: string[]) =>
  given.map((text) => {
    const [action, state] = text.split(' ');
    return { action: action as StepAction, state: state as StepState };
  });

describe('recoveryOf', () => {
  it.each([
    [['apply Pending', 'apply Pending'], 'undo'],
    [['apply Done', 'apply Pending'], 'undo'],
    [['apply Done', 'apply Adopted'], 'undo'],
    [['apply Done', 'apply Pending', 'delete Pending'], 'undo'],
    [['apply Undone', 'apply Done'], 'undo'],
    [['create Done', 'create Pending'], 'undo'],
    [['apply Done', 'apply Done'], 'finish'],
    [['create Done', 'create Done'], 'finish'],
    [['apply Done', 'delete Pending', 'delete Pending'], 'finish'],
    [['delete Done', 'delete Pending'], 'finish'],
    [[], 'finish'],
  ])('%j → %s', (given, expected) => expect(recoveryOf(steps(...given))).toBe(expected));
});
