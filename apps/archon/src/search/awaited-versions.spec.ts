import { describe, expect, it } from 'vitest';
import type { IndexedCluster } from '../index/object-index.service.js';
import { lateClusters, readAwaitedVersions } from './awaited-versions.js';

const cluster = (name: string, ...versions: (string | null)[]) =>
  ({ name, reflections: new Map(versions.map((resourceVersion, kind) => [kind, { resourceVersion }])) }) as unknown as IndexedCluster;

describe('readAwaitedVersions', () => {
  it('reads a version for each cluster', () => {
    expect([...readAwaitedVersions(['c1:12', 'east-2:9007199254740993'])]).toEqual([
      ['c1', 12n],
      ['east-2', 9007199254740993n],
    ]);
    expect(readAwaitedVersions(undefined).size).toBe(0);
  });

  it.each(['c1', 'c1:', ':12', 'c1:-1', 'c1:1x', 'C1:1', 'c1:1:2', ''])('refuses %j', (term) => {
    expect(() => readAwaitedVersions([term])).toThrow(/notOlderThan: .* as c1:12345/);
  });
});

describe('lateClusters', () => {
  const awaited = readAwaitedVersions(['c1:100']);
  it('are those that have not reached the version in each kind of the list', () => {
    expect(lateClusters([cluster('c1', '100'), cluster('c2', '1')], awaited)).toEqual([]);
    expect(lateClusters([cluster('c1', '1000')], awaited)).toEqual([]);
    for (const versions of [['99'], ['100', '99'], [null], ['abc']])
      expect(lateClusters([cluster('c1', ...versions)], awaited)).toMatchObject([{ cluster: 'c1', reason: 'Timeout' }]);
  });

  it('refuses a cluster that the list is not about', () => {
    expect(() => lateClusters([cluster('c2', '1')], awaited)).toThrow(/no cluster "c1" in this list/);
  });
});
