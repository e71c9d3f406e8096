import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextUidRange, parseUidRange, wantsUidRange } from './uid-range.js';

describe('nextUidRange', () => {
  it.each([
    [[], '1000002000-1000011999'],
    [['1000002000-1000011999'], '1000012000-1000021999'],
    [['1000012000-1000021999'], '1000002000-1000011999'],
    [['1000022000-1000031999', '1000002000-1000011999'], '1000012000-1000021999'],
    [['1000002000-1000011999', '1000002000-1000011999'], '1000012000-1000021999'],
    [['1000005000-1000005000'], '1000012000-1000021999'],
    [['1000011999-1000012000'], '1000022000-1000031999'],
    [['1000000000-1000002000'], '1000012000-1000021999'],
    [['1000000000-1000001999'], '1000002000-1000011999'],
    [['1000002000-1000052000'], '1000062000-1000071999'],
    [['1000002000-1000052000', '1000003000-1000004000'], '1000062000-1000071999'],
    [['', 'abc', '5-1', '1000002000'], '1000002000-1000011999'],
  ])('beside %j is %s', (taken, range) => {
    expect(nextUidRange(taken)).toBe(range);
  });

  it('meets no range that was given before, whichever were given back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 60 }), (steps) => {
        const taken: string[] = [];
        for (const [takes, index] of steps) {
          if (takes || taken.length === 0) taken.push(nextUidRange(taken));
          else taken.splice(index % taken.length, 1);
        }
        const ranges = taken.map((text) => parseUidRange(text)).sort((a, b) => (a?.first ?? 0) - (b?.first ?? 0));
        return ranges.every(
          (range, index) =>
            range !== undefined && range.last - range.first === 9_999 && !((ranges[index + 1]?.first ?? Infinity) <= range.last),
        );
      }),
    );
  });

  it('says when no range is left', () => {
    expect(() => nextUidRange(['1000002000-2147483647'])).toThrow(/no range of 10,000 user ids is left in the cluster/);
    expect(nextUidRange(['1000002000-2147470000'])).toBe('2147472000-2147481999');
    expect(() => nextUidRange(['1000002000-2147480000'])).toThrow(/no range/);
  });
});

describe('parseUidRange', () => {
  it.each([
    ['1000002000-1000011999', { first: 1_000_002_000, last: 1_000_011_999 }],
    ['0-0', { first: 0, last: 0 }],
    ['5-4', undefined],
    ['1-2147483648', undefined],
    ['1 - 2', undefined],
    ['1', undefined],
    ['-1-2', undefined],
    ['1-2-3', undefined],
  ])('of %j', (text, range) => {
    expect(parseUidRange(text)).toEqual(range);
  });
});

describe('wantsUidRange', () => {
  it.each([
    [{ 'security.cpaas.io/enabled': 'true', 'pod-security.kubernetes.io/enforce': 'restricted' }, true],
    [{ 'security.cpaas.io/enabled': 'false', 'pod-security.kubernetes.io/enforce': 'restricted' }, false],
    [{ 'security.cpaas.io/enabled': 'true', 'pod-security.kubernetes.io/enforce': 'baseline' }, false],
    [{ 'security.cpaas.io/enabled': 'true', 'pod-security.kubernetes.io/warn': 'restricted' }, false],
    [{ 'pod-security.kubernetes.io/enforce': 'restricted' }, false],
  ])('of %j is %s', (labels: Record<string, string>, wants) => {
    expect(wantsUidRange(labels, 'cpaas.io')).toBe(wants);
  });
});
