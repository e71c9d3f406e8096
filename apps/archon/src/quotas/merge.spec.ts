import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KubernetesObject, parseQuantity } from '#kubernetes';
import { mergeLimitRanges, mergeQuotas, quotaWarning } from './merge.js';

const quota = (name: string, hard?: Record<string, string>, spec: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name, namespace: 'to-import' },
  spec: { ...(hard === undefined ? {} : { hard }), ...spec },
});

const range = (name: string, limits?: object[]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name, namespace: 'to-import' },
  spec: { ...(limits === undefined ? {} : { limits }) },
});

describe('mergeQuotas', () => {
  it('gives exactly the numbers of the guide', () => {
    const a = quota('a', { 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '3', 'limits.memory': '1Gi' });
    const b = quota('b', { 'requests.cpu': '2', 'requests.memory': '300Mi', 'limits.cpu': '2', 'limits.memory': '2Gi' });
    const merged = { 'requests.cpu': '1', 'requests.memory': '300Mi', 'limits.cpu': '2', 'limits.memory': '1Gi' };
    expect(mergeQuotas([a, b])).toEqual(merged);
    expect(mergeQuotas([b, a])).toEqual(merged);
  });

  it.each<[string, KubernetesObject[], Record<string, string>]>([
    ['limits nothing without quotas', [], {}],
    ['limits nothing with empty ones', [quota('a'), quota('b', {})], {}],
    ['keeps a single one', [quota('a', { pods: '10' })], { pods: '10' }],
    ['takes a type that only one sets', [quota('a', { pods: '10' }), quota('b', { secrets: '5' })], { pods: '10', secrets: '5' }],
    [
      'compares across suffixes',
      [quota('a', { 'limits.memory': '1G' }), quota('b', { 'limits.memory': '1000Mi' })],
      { 'limits.memory': '1G' },
    ],
    ['takes 0 for what it says', [quota('a', { pods: '0' }), quota('b', { pods: '9' })], { pods: '0' }],
    [
      'counts a short name as the type that it means',
      [quota('a', { cpu: '2', memory: '1Gi' }), quota('b', { 'requests.cpu': '3', 'requests.memory': '512Mi' })],
      { 'requests.cpu': '2', 'requests.memory': '512Mi' },
    ],
    [
      'leaves quotas of some Pods alone',
      [
        quota('all', { pods: '10' }),
        quota('urgent', { pods: '1' }, { scopes: ['NotBestEffort'] }),
        quota('class', { pods: '2' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }] } }),
      ],
      { pods: '10' },
    ],
  ])('%s', (_what, quotas, merged) => {
    expect(mergeQuotas(quotas)).toEqual(merged);
  });

  it('allows of each type what every quota allows, and no less', () => {
    const hard = fc.dictionary(fc.constantFrom('pods', 'secrets', 'requests.cpu'), fc.nat(50).map(String));
    fc.assert(
      fc.property(fc.array(hard, { maxLength: 5 }), (hards) => {
        const merged = mergeQuotas(hards.map((one, index) => quota(`q${index}`, one)));
        return ['pods', 'secrets', 'requests.cpu'].every((key) => {
          const set = hards.flatMap((one) => (one[key] === undefined ? [] : [Number(one[key])]));
          return set.length === 0 ? merged[key] === undefined : parseQuantity(merged[key] ?? '') === BigInt(Math.min(...set)) * 10n ** 9n;
        });
      }),
    );
  });
});

describe('quotaWarning', () => {
  it.each([
    [[], undefined],
    [[quota('default', {})], undefined],
    [
      [quota('a'), quota('b')],
      'the namespace has ResourceQuotas a, b besides "default": Kubernetes checks each of them, so remove all but "default"',
    ],
    [
      [quota('default'), quota('old', {}, { scopes: ['Terminating'] })],
      'the namespace has ResourceQuota old besides "default": Kubernetes checks each of them, so remove all but "default"; ' +
        'not merged, because of scopes: old',
    ],
  ])('of %j', (quotas, warning) => {
    expect(quotaWarning(quotas)).toBe(warning);
  });
});

describe('mergeLimitRanges', () => {
  const limits = [
    { type: 'Container', max: { cpu: '1' }, min: { cpu: '10m' } },
    { type: 'Pod', max: { cpu: '2' } },
  ];

  it('makes none without any', () => {
    expect(mergeLimitRanges([])).toEqual({});
  });

  it('takes the values of the only one, and warns when it stays beside default', () => {
    expect(mergeLimitRanges([range('default', limits)])).toEqual({ limits });
    expect(mergeLimitRanges([range('old', limits)])).toEqual({
      limits,
      warning: expect.stringMatching(/^the namespace has LimitRange old besides "default": .*; remove all but "default"$/) as string,
    });
  });

  it('makes none of several, and says why', () => {
    expect(mergeLimitRanges([range('a', limits), range('b')])).toEqual({
      warning: expect.stringMatching(
        /^the namespace has LimitRanges a, b, which can't be merged, so none was made: .*; keep one$/,
      ) as string,
    });
  });
});
