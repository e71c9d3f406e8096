import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rolloutOf, rolloutPods, strategyCauses, strategyOf } from './rolling-update.js';
import type { UpdateStrategyForm, WorkloadForm } from './workload-form.dto.js';

const workload = (kind: WorkloadForm['kind'], updateStrategy?: UpdateStrategyForm): WorkloadForm => ({
  kind,
  name: 'web',
  containers: [],
  ...(updateStrategy === undefined ? {} : { updateStrategy }),
});

describe('rolloutPods', () => {
  it.each([
    [10, '41%', '49%', 5, 4],
    [10, 2, 3, 2, 3],
    [3, '20%', '20%', 1, 0],
    [3, '0%', '20%', 0, 1],
    [0, '50%', '50%', 0, 1],
    [7, '100%', '100%', 7, 7],
    [1, '1%', 0, 1, 0],
  ])('of %d replicas, %s more and %s fewer, is %d and %d', (replicas, maxSurge, maxUnavailable, surge, unavailable) => {
    expect(rolloutPods({ maxSurge, maxUnavailable }, replicas)).toEqual({ surge, unavailable });
  });

  it('never is nothing at all, and rounds the surge up and the missing down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), fc.nat(10_000), (up, down, replicas) => {
        const { surge, unavailable } = rolloutPods({ maxSurge: `${up}%`, maxUnavailable: `${down}%` }, replicas);
        expect(surge + unavailable).toBeGreaterThan(0);
        expect([100 * surge >= up * replicas, 100 * (surge - 1) < up * replicas]).toEqual([true, true]);
        if (surge > 0) expect([100 * unavailable <= down * replicas, 100 * (unavailable + 1) > down * replicas]).toEqual([true, true]);
      }),
    );
  });
});

describe('rolloutOf', () => {
  it.each<['Deployment' | 'DaemonSet', UpdateStrategyForm | undefined, number | string, number | string]>([
    ['Deployment', undefined, 1, 1],
    ['Deployment', {}, 1, 1],
    ['Deployment', { maxSurge: 0 }, 0, 1],
    ['Deployment', { maxUnavailable: '0%' }, 1, '0%'],
    ['DaemonSet', undefined, 0, 1],
    ['DaemonSet', { maxSurge: '10%' }, '10%', 0],
    ['DaemonSet', { maxSurge: '0%' }, '0%', 1],
    ['DaemonSet', { maxUnavailable: '10%' }, 0, '10%'],
  ])('of a %s with %j is %s more and %s fewer', (kind, given, maxSurge, maxUnavailable) => {
    expect(rolloutOf(kind, given)).toEqual({ maxSurge, maxUnavailable });
  });
});

describe('strategyOf', () => {
  it('stands where each kind has it', () => {
    const rollingUpdate = (more: object) => ({ type: 'RollingUpdate', rollingUpdate: more });
    expect(strategyOf(workload('Deployment', { maxSurge: '25%' }))).toEqual({
      strategy: rollingUpdate({ maxSurge: '25%', maxUnavailable: 1 }),
    });
    expect(strategyOf(workload('DaemonSet'))).toEqual({ updateStrategy: rollingUpdate({ maxSurge: 0, maxUnavailable: 1 }) });
    expect(strategyOf(workload('StatefulSet', { partition: 3 }))).toEqual({ updateStrategy: rollingUpdate({ partition: 3 }) });
  });
});

describe('strategyCauses', () => {
  it.each<[WorkloadForm['kind'], UpdateStrategyForm, string[]]>([
    ['Deployment', {}, []],
    ['Deployment', { maxSurge: 0 }, []],
    ['Deployment', { maxSurge: 0, maxUnavailable: '10%' }, []],
    ['Deployment', { maxSurge: 0, maxUnavailable: 0 }, ['u.maxUnavailable']],
    ['Deployment', { maxSurge: '0%', maxUnavailable: '0%' }, ['u.maxUnavailable']],
    ['Deployment', { partition: 1, maxSurge: 0, maxUnavailable: 0 }, ['u.partition', 'u.maxUnavailable']],
    ['DaemonSet', {}, []],
    ['DaemonSet', { maxSurge: 1 }, []],
    ['DaemonSet', { maxUnavailable: 0 }, ['u.maxUnavailable']],
    ['DaemonSet', { maxSurge: 1, maxUnavailable: 1 }, ['u.maxSurge']],
    ['DaemonSet', { partition: 0 }, ['u.partition']],
    ['StatefulSet', { partition: 0 }, []],
    ['StatefulSet', { maxSurge: 1, maxUnavailable: 1 }, ['u.maxSurge', 'u.maxUnavailable']],
  ])('of a %s with %j names %j', (kind, given, fields) => {
    expect(strategyCauses('u', workload(kind, given)).map(({ field }) => field)).toEqual(fields);
  });
});
