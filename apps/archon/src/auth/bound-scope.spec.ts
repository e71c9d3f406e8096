import { describe, expect, it } from 'vitest';
import { reaches, reachesCluster, reachesProject } from './access-scope.js';
import { type BoundScope, clustersNamedIn, currentScope, withoutIds } from './bound-scope.js';

const scope: BoundScope = {
  clusters: ['c1', 'c2'],
  namespaces: [{ cluster: 'c1', namespace: 'a' }, { cluster: 'c2', namespace: 'b' }, { namespace: 'everywhere' }],
  readOnly: true,
  clusterIds: { c1: 'id-1', c2: 'id-2' },
};

const named = (clusterIds: Record<string, string>) => ({ clusterIds, projectIds: {}, projectNamespaces: [] });

describe('currentScope', () => {
  it('is the whole scope while every cluster is the one that it was', () => {
    expect(currentScope(scope, named({ c1: 'id-1', c2: 'id-2', c3: 'id-3' }))).toEqual(withoutIds(scope));
  });

  it('leaves out a cluster that has gone, and another one under its name', () => {
    const cases: Record<string, string>[] = [{ c2: 'id-2' }, { c1: 'id-9', c2: 'id-2' }];
    for (const ids of cases) {
      const now = currentScope(scope, named(ids));
      expect(now).toEqual({
        clusters: ['c2'],
        namespaces: [{ cluster: 'c2', namespace: 'b' }, { namespace: 'everywhere' }],
        readOnly: true,
      });
      expect([reaches(now, 'c1', 'a'), reaches(now, 'c1', 'everywhere'), reaches(now, 'c2', 'b')]).toEqual([false, false, true]);
    }
  });

  it('reaches nothing when none is left, rather than everything', () => {
    const now = currentScope({ clusters: ['c1'], clusterIds: { c1: 'id-1' } }, named({ c1: 'id-9' }));
    expect([reachesCluster(now, 'c1'), reaches(now, undefined, undefined)]).toEqual([false, false]);
    const inNamespace = currentScope({ namespaces: [{ cluster: 'c1', namespace: 'a' }], clusterIds: { c1: 'id-1' } }, named({}));
    expect([reaches(inNamespace, 'c1', 'a'), reaches(inNamespace, undefined, undefined)]).toEqual([false, false]);
  });

  it('knows no cluster by a name of which no id was kept, whatever objects inherit', () => {
    expect(currentScope({ clusters: ['c1'] }, named({ c1: 'id-1' })).clusters).toEqual([]);
    expect(currentScope({ clusters: ['constructor'] }, named({})).clusters).toEqual([]);
  });

  it('keeps a scope that names no cluster', () => {
    expect(currentScope({ namespaces: [{ namespace: 'a' }] }, named({}))).toEqual({ namespaces: [{ namespace: 'a' }] });
  });

  it('has the namespaces that its projects have now, and none of another project under an old name', () => {
    const ofShop: BoundScope = { projects: ['shop'], projectIds: { shop: 'id-1' } };
    const projectNamespaces = [{ cluster: 'c1', namespace: 'shop-dev' }];
    const now = currentScope(ofShop, { clusterIds: {}, projectIds: { shop: 'id-1' }, projectNamespaces });
    expect([reaches(now, 'c1', 'shop-dev'), reaches(now, 'c1', 'other'), reaches(now, 'c1', undefined)]).toEqual([true, false, false]);
    expect([reachesProject(now, 'shop'), reachesProject(now, 'other')]).toEqual([true, false]);
    const gone = currentScope(ofShop, { clusterIds: {}, projectIds: { shop: 'id-2' }, projectNamespaces: [] });
    expect([reachesProject(gone, 'shop'), reaches(gone, undefined, undefined), reachesCluster(gone, 'c1')]).toEqual([false, false, false]);
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
