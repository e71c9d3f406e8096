import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity } from '#kubernetes';
import { type Allocation, availableOf, belowUse, belowUseCauses, shortfallCauses, shortfalls, sumOf } from './fit.js';

const project = { 'requests.cpu': '10', 'requests.memory': '20Gi', pods: '100' };

describe('shortfalls', () => {
  it.each<[string, Allocation, [string, string | undefined, string][]]>([
    [
      'takes what is left to the last bit',
      { hard: project, allocated: { 'requests.cpu': '9999999999n' }, asked: { 'requests.cpu': '1n' } },
      [],
    ],
    [
      'refuses a billionth more',
      { hard: project, allocated: { 'requests.cpu': '9' }, asked: { 'requests.cpu': '1000000001n' } },
      [['requests.cpu', '1000000001n', '1']],
    ],
    ['takes a type that the project does not limit', { hard: {}, allocated: {}, asked: { 'requests.cpu': '1E' } }, []],
    ['takes a type that is left unlimited while some is left', { hard: project, allocated: { pods: '99' }, asked: {} }, []],
    [
      'blocks a new namespace when nothing is left of a type that it does not ask for',
      { hard: project, allocated: { pods: '100' }, asked: { 'requests.cpu': '1' } },
      [['pods', undefined, '0']],
    ],
    [
      'blocks a new namespace that asks for 0 of what is used up',
      { hard: project, allocated: { pods: '100' }, asked: { pods: '0' } },
      [['pods', '0', '0']],
    ],
    [
      'blocks a new namespace by a quota of 0',
      { hard: { 'requests.nvidia.com/gpu': '0' }, allocated: {}, asked: {} },
      [['requests.nvidia.com/gpu', undefined, '0']],
    ],
    [
      'counts the present share of a namespace as available to it',
      { hard: project, allocated: { pods: '100' }, asked: { pods: '40' }, own: { pods: '40' } },
      [],
    ],
    [
      'refuses a namespace more than its present share and what is left',
      { hard: project, allocated: { pods: '95' }, asked: { pods: '46' }, own: { pods: '40' } },
      [['pods', '46', '45']],
    ],
    [
      'lets a namespace change other types while one is used up by others',
      { hard: project, allocated: { pods: '100' }, asked: { 'requests.cpu': '2' }, own: {} },
      [],
    ],
    [
      'lets a namespace shrink in a project that is over its quota',
      { hard: project, allocated: { pods: '120' }, asked: { pods: '20' }, own: { pods: '40' } },
      [],
    ],
    [
      'says 0 where more is allocated than there is',
      { hard: project, allocated: { pods: '120' }, asked: { pods: '1' } },
      [['pods', '1', '0']],
    ],
    [
      'compares across suffixes',
      { hard: { 'requests.memory': '1G' }, allocated: { 'requests.memory': '900Mi' }, asked: { 'requests.memory': '64Mi' } },
      [['requests.memory', '64Mi', '56281600']],
    ],
    [
      'knows types that are named like members of all objects',
      { hard: { constructor: '1' }, allocated: {}, asked: { constructor: '2' } },
      [['constructor', '2', '1']],
    ],
  ])('%s', (_what, allocation, expected) => {
    expect(shortfalls(allocation).map(({ key, asked, available }) => [key, asked, available])).toEqual(expected);
  });

  it('never lets a sum past the quota, and lets everything in that fits', () => {
    const amount = fc.nat(20);
    fc.assert(
      fc.property(amount, amount, fc.array(amount, { maxLength: 12 }), (hard, first, asks) => {
        let allocated = BigInt(Math.min(hard, first));
        for (const ask of asks) {
          const found = shortfalls({ hard: { pods: `${hard}` }, allocated: { pods: `${allocated}` }, asked: { pods: `${ask}` }, own: {} });
          const fits = allocated + BigInt(ask) <= BigInt(hard);
          if ((found.length === 0) !== fits) return false;
          if (fits) allocated += BigInt(ask);
        }
        return allocated <= BigInt(hard);
      }),
    );
  });

  it('refuses to count what is no quantity', () => {
    expect(() => shortfalls({ hard: { pods: 'many' }, allocated: {}, asked: {} })).toThrow('"many" is not a quantity');
  });
});

describe('causes', () => {
  it('name the type, what is asked, what is available, and the remedy', () => {
    const found = shortfalls({
      hard: project,
      allocated: { 'requests.cpu': '8', pods: '100' },
      asked: { 'requests.cpu': '2500m', pods: '5' },
    });
    expect(shortfallCauses('resourcequota.spec.hard', 'project "shop" on cluster "c1"', found)).toEqual([
      {
        field: 'resourcequota.spec.hard[requests.cpu]',
        reason: 'QuotaExceeded',
        message: 'asks for 2500m, and 2 of 10 is available in project "shop" on cluster "c1": ask for at most 2, or have its quota raised',
      },
      {
        field: 'resourcequota.spec.hard[pods]',
        reason: 'QuotaExceeded',
        message: 'asks for 5, and 0 of 100 is available in project "shop" on cluster "c1": ask a platform administrator to raise its quota',
      },
    ]);
    const unset = shortfalls({ hard: { pods: '1' }, allocated: { pods: '1' }, asked: {} });
    expect(shortfallCauses('hard', 'project "shop"', unset)[0]?.message).toBe(
      'is left unlimited, and 0 of 1 is available in project "shop": ask a platform administrator to raise its quota',
    );
  });

  it('name a limit below what is in use, with both numbers', () => {
    const found = belowUse({ 'requests.cpu': '1', pods: '10', 'limits.cpu': '1' }, { 'requests.cpu': '1001m', pods: '10', secrets: '5' });
    expect(belowUseCauses('spec.hard', found)).toEqual([
      {
        field: 'spec.hard[requests.cpu]',
        reason: 'QuotaBelowUse',
        message: '1 is less than the 1001m in use: set at least 1001m, or free some first',
      },
    ]);
  });
});

describe('sums', () => {
  it('are exact, and written like the first amount that is not 0', () => {
    expect(
      sumOf([
        { 'requests.cpu': '100m', memory: '0' },
        { 'requests.cpu': '900m', memory: '512Mi' },
        { memory: '512Mi', pods: '1' },
      ]),
    ).toEqual({
      'requests.cpu': '1',
      memory: '1Gi',
      pods: '1',
    });
    expect(sumOf([])).toEqual({});
  });

  it('leave available what is not allocated', () => {
    expect(availableOf(project, { 'requests.memory': '512Mi', pods: '101', secrets: '3' })).toEqual({
      'requests.cpu': '10',
      'requests.memory': '19968Mi',
      pods: '0',
    });
  });

  it('and what is available make up the quota', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 20 }), (parts) => {
        const allocated = sumOf(parts.map((part) => ({ cpu: `${part}m` })));
        const left = parseQuantity(availableOf({ cpu: '20' }, allocated).cpu ?? '') ?? -1n;
        return left + (parseQuantity(allocated.cpu ?? '0') ?? -1n) === 20n * 10n ** 9n;
      }),
    );
  });
});
