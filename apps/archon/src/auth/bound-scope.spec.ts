import { describe, expect, it } from 'vitest';
import { reaches, reachesCluster } from './access-scope.js';
import { type BoundScope, clustersNamedIn, currentScope, withoutIds } from './bound-scope.js';

const scope: BoundScope = {
  clusters: ['c1', 'c2'],
  namespaces: [{ cluster: 'c1', namespace: 'a' }, { cluster: 'c2', namespace: 'b' }, { namespace: 'everywhere' }],
  readOnly: true,
  clusterIds: { c1: 'id-1', c2: 'id-2' },
};

describe('currentScope', () => {
  it('is the whole scope while every cluster is the one that it was', () => {
    expect(currentScope(scope, { c1: 'id-1', c2: 'id-2', c3: 'id-3' })).toEqual(withoutIds(scope));
  });

  it('leaves out a cluster that has gone, and another one under its name', () => {
    const cases: Record<string, string>[] = [{ c2: 'id-2' }, { c1: 'id-9', c2: 'id-2' }];
    for (const ids of cases) {
      const now = currentScope(scope, ids);
      expect(now).toEqual({
        clusters: ['c2'],
        namespaces: [{ cluster: 'c2', namespace: 'b' }, { namespace: 'everywhere' }],
        readOnly: true,
      });
      expect([reaches(now, 'c1', 'a'), reaches(now, 'c1', 'everywhere'), reaches(now, 'c2', 'b')]).toEqual([false, false, true]);
    }
  });

  it('reaches nothing when none is left, rather than everything', () => {
    const now = currentScope({ clusters: ['c1'], clusterIds: { c1: 'id-1' } }, { c1: 'id-9' });
    expect([reachesCluster(now, 'c1'), reaches(now, undefined, undefined)]).toEqual([false, false]);
    const inNamespace = currentScope({ namespaces: [{ cluster: 'c1', namespace: 'a' }], clusterIds: { c1: 'id-1' } }, {});
    expect([reaches(inNamespace, 'c1', 'a'), reaches(inNamespace, undefined, undefined)]).toEqual([false, false]);
  });

  it('knows no cluster by a name of which no id was kept, whatever objects inherit', () => {
    expect(currentScope({ clusters: ['c1'] }, { c1: 'id-1' }).clusters).toEqual([]);
    expect(currentScope({ clusters: ['constructor'] }, {}).clusters).toEqual([]);
  });

  it('keeps a scope that names no cluster', () => {
    expect(currentScope({ namespaces: [{ namespace: 'a' }] }, {})).toEqual({ namespaces: [{ namespace: 'a' }] });
  });
});

it('clustersNamedIn finds each name once, in clusters and in namespaces', () => {
  expect(
    clustersNamedIn({
      ...scope,
      namespaces: [
        { cluster: 'c3', namespace: 'a' },
        { cluster: 'c1', namespace: 'a' },
      ],
    }),
  ).toEqual(['c1', 'c2', 'c3']);
});
