import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { addDrift, changedHard, changedLimits, deviations } from './namespace-drift.js';
import type { Drift } from './namespace-observed.js';

const namespace = (labels: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'a', labels },
});
const binding = (role: string, ...groups: string[]): KubernetesObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'b', namespace: 'a' },
  roleRef: { kind: 'ClusterRole', name: role },
  subjects: groups.map((name) => ({ kind: 'Group', name })),
});
const quota = (hard: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'default' },
  spec: { hard },
});

describe('deviations', () => {
  it.each([
    ['missing', namespace({ p: 'x' }), undefined, ['Missing']],
    ['the same, with more labels', namespace({ p: 'x' }), namespace({ p: 'x', more: 'y' }), []],
    ['with another label', namespace({ p: 'x' }), namespace({ p: 'z' }), ['Changed']],
    ['without a label', namespace({ p: 'x' }), namespace({}), ['Changed']],
    ['the same groups in another order', binding('r', 'g', 'h'), binding('r', 'h', 'g'), []],
    ['one group more', binding('r', 'g'), binding('r', 'g', 'system:masters'), ['Changed']],
    ['another role', binding('r', 'g'), binding('cluster-admin', 'g'), ['Changed']],
    ['a quota of other amounts, which is not put back', quota({ pods: '1' }), quota({ pods: '2' }), []],
  ])('of an object that is %s', (_, ours, live, reasons) =>
    expect(deviations([ours], () => live).map(({ reason }) => reason)).toEqual(reasons),
  );
});

describe('changedHard', () => {
  it.each([
    [{ 'limits.cpu': '1' }, { 'limits.cpu': '1000m' }, undefined],
    [{ 'limits.memory': '1Gi' }, { 'limits.memory': '1024Mi' }, undefined],
    [{}, {}, undefined],
    [{ pods: '1' }, { pods: '2' }, { pods: '2' }],
    [{ pods: '1' }, {}, {}],
    [{}, { pods: '1' }, { pods: '1' }],
    [{ pods: '1' }, { configmaps: '1' }, { configmaps: '1' }],
  ])('desired %j, found %j', (desired, found, expected) => expect(changedHard(desired, quota(found))).toEqual(expected));
});

describe('changedLimits', () => {
  const range = (limits: object[]): KubernetesObject => ({ ...quota({}), kind: 'LimitRange', spec: { limits } });
  const limit = { max: { cpu: '1' }, type: 'Container', default: { cpu: '500m' } };
  const stored = { type: 'Container', max: { cpu: '1' }, default: { cpu: '500m' }, defaultRequest: { cpu: '500m' } };

  it('are none where only the order of keys differs, or what the API server has added', () =>
    expect(changedLimits([limit], range([stored]))).toBeUndefined());
  it('are those that were found where that differs', () =>
    expect(changedLimits([limit], range([{ ...stored, defaultRequest: { cpu: '1m' } }]))).toHaveLength(1));
  it('are those that were found where an amount differs', () =>
    expect(changedLimits([limit], range([{ ...limit, max: { cpu: '2' } }]))).toEqual([{ ...limit, max: { cpu: '2' } }]));
  it('are none where there is no LimitRange', () => expect(changedLimits([limit], undefined)).toBeUndefined());
});

describe('addDrift', () => {
  const drift = (message: string, repairedAt?: string): Drift => ({
    target: 't',
    reason: 'Missing',
    message,
    detectedAt: '',
    ...(repairedAt === undefined ? {} : { repairedAt }),
  });

  it('puts what is new first, and keeps twenty', () => {
    const all = addDrift(
      [drift('new')],
      Array.from({ length: 30 }, (_, index) => drift(`${index}`, 'then')),
    );
    expect([all.length, all[0]?.message, all[19]?.message]).toEqual([20, 'new', '18']);
  });

  it('tells what still is not repaired only once', () =>
    expect(addDrift([drift('same')], [drift('same'), drift('same', 'then')])).toHaveLength(2));
});
