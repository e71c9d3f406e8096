import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity, rawNumber } from '#kubernetes';
import type { ExtendedResource } from '../../quotas/extended-resources.js';
import type { ResourcesForm } from './container-form.dto.js';
import { containerResources, resourceCauses } from './container-resources.js';
import type { NamespaceLimits } from './namespace-limits.js';

const FREE: NamespaceLimits = { ratio: {}, limit: {}, max: {} };
const OVER: NamespaceLimits = { ratio: { cpu: 2, memory: 3 }, limit: { cpu: '1', memory: '1Gi' }, max: { cpu: '8', memory: '8Gi' } };
const BOUND: NamespaceLimits = { ratio: {}, limit: { cpu: '500m' }, max: { cpu: '2', memory: '1Gi' } };

function causesOf(
  asked: { resources?: ResourcesForm; extendedResources?: Record<string, unknown> },
  limits = FREE,
  offered: string[] = [],
) {
  const extendedResources = offered.map((resource) => ({ resource }) as ExtendedResource);
  return resourceCauses('c', asked, { cluster: 'c1', limits, extendedResources }).map(({ field, message }) => `${field}: ${message}`);
}

describe('containerResources', () => {
  it.each<[string, ResourcesForm | undefined, NamespaceLimits, object]>([
    ['nothing', undefined, FREE, {}],
    ['no request, which the cluster completes', { limits: { cpu: '1' } }, FREE, { limits: { cpu: '1' } }],
    [
      'what the form says without a ratio',
      { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '64Mi' } },
      BOUND,
      { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '64Mi' } },
    ],
    [
      'the limits divided by the ratios',
      { limits: { cpu: '4', memory: '3Gi' } },
      OVER,
      { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '4', memory: '3Gi' } },
    ],
    [
      'the default limits of the namespace divided by the ratios',
      { limits: { cpu: '500m' } },
      OVER,
      { requests: { cpu: '250m', memory: '357913942' }, limits: { cpu: '500m', memory: '1Gi' } },
    ],
    [
      'rounded up to a thousandth',
      { limits: { cpu: '5m' } },
      { ...FREE, ratio: { cpu: 3 } },
      { requests: { cpu: '2m' }, limits: { cpu: '5m' } },
    ],
    [
      'not above a limit below a thousandth',
      { limits: { cpu: '100u' } },
      { ...FREE, ratio: { cpu: 2 } },
      { requests: { cpu: '100u' }, limits: { cpu: '100u' } },
    ],
    ['no request where no limit is known', undefined, { ...FREE, ratio: { cpu: 2 } }, {}],
    [
      'a given request of a resource without a ratio',
      { requests: { memory: '1Mi' }, limits: { cpu: '1', memory: '2Mi' } },
      { ...FREE, ratio: { cpu: 2 } },
      { requests: { cpu: '500m', memory: '1Mi' }, limits: { cpu: '1', memory: '2Mi' } },
    ],
  ])('are %s', (_what, resources, limits, expected) => {
    expect(containerResources({ resources }, limits)).toEqual(expected);
  });

  it('has extended resources among the limits, as they were written', () => {
    expect(containerResources({ extendedResources: { 'nvidia.com/gpu': 1, 'example.com/a': rawNumber('2.0') } }, FREE)).toEqual({
      limits: { 'nvidia.com/gpu': '1', 'example.com/a': '2.0' },
    });
  });

  it('computes the least request that, times the ratio, is not below the limit', () => {
    const amount = fc.tuple(fc.nat(10 ** 9), fc.constantFrom('m', '', 'Ki', 'Mi', 'k', 'M')).map(([n, suffix]) => `${n}${suffix}`);
    fc.assert(
      fc.property(
        fc.constantFrom('cpu' as const, 'memory' as const),
        amount,
        fc.integer({ min: 2, max: 100 }),
        (resource, limit, ratio) => {
          const { requests } = containerResources(
            { resources: { limits: { [resource]: limit } } },
            { ...FREE, ratio: { [resource]: ratio } },
          );
          const [request, whole] = [parseQuantity(requests?.[resource] ?? '') ?? -1n, parseQuantity(limit) ?? -1n];
          const unit = resource === 'cpu' ? 10n ** 6n : 10n ** 9n;
          expect(request * BigInt(ratio) >= whole && request <= whole).toBe(true);
          if (request > 0n) expect((request - unit) * BigInt(ratio) < whole).toBe(true);
        },
      ),
    );
  });
});

describe('resourceCauses', () => {
  it.each<[ResourcesForm, NamespaceLimits, RegExp[]]>([
    [{ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1024Mi' } }, BOUND, []],
    [
      { requests: { cpu: '1.001' }, limits: { cpu: '1' } },
      FREE,
      [/^c\.resources\.requests\.cpu: 1\.001 is more than the limit 1: lower it, or/],
    ],
    [
      { limits: { cpu: '2001m', memory: '2Gi' } },
      BOUND,
      [/^c\.resources\.limits\.cpu: 2001m is more than 2, the most/, /^c\.resources\.limits\.memory: 2Gi is more than 1Gi/],
    ],
    [{ requests: { cpu: '501m' } }, BOUND, [/^c\.resources\.requests\.cpu: 501m is more than 500m, the limit that the namespace gives/]],
    [{ requests: { memory: '2Gi' } }, BOUND, [/^c\.resources\.requests\.memory: 2Gi is more than 1Gi, the most/]],
    [
      { requests: { cpu: '1' }, limits: { cpu: '9' } },
      OVER,
      [/limits\.cpu: 9 is more than 8/, /requests\.cpu: can not be given: .*ratio of 2.*Leave it out/],
    ],
    [{ requests: { memory: '1' }, limits: { memory: '9' } }, { ...OVER, ratio: { cpu: 2 } }, []],
  ])('of %j names %#', (resources, limits, expected) => {
    expect(causesOf({ resources }, limits)).toEqual(expected.map((message) => expect.stringMatching(message)));
  });

  it.each<[string, unknown, string[], RegExp | undefined]>([
    ['example.com/widget', '1', [], undefined],
    ['example.com/widget', 0, [], undefined],
    ['example.com/widget', '1500m', [], /\[example\.com\/widget\]: counts whole things/],
    ['example.com/widget', rawNumber('1.5'), [], /counts whole things, and 1\.5/],
    ['example.com/widget', '-1', [], /must be a whole number of at least 0/],
    ['example.com/widget', true, [], /must be a whole number of at least 0/],
    ['widget', '1', [], /is no extended resource/],
    ['cpu', '1', [], /is no extended resource/],
    ['kubernetes.io/widget', '1', [], /is no extended resource/],
    ['requests.nvidia.com/gpu', '1', ['nvidia.com/gpu'], /is no extended resource/],
    ['nvidia.com/gpu', '1', ['nvidia.com/gpu'], undefined],
    ['nvidia.com/gpu', '1', [], /cluster "c1" offers no such GPU/],
    ['nvidia.com/gpu', '500m', ['nvidia.com/gpu'], /counts physical GPUs/],
  ])('of the extended resource %s: %j names %#', (name, amount, offered, message) => {
    expect(causesOf({ extendedResources: { [name]: amount } }, FREE, offered)).toEqual(
      message === undefined ? [] : [expect.stringMatching(message)],
    );
  });
});
