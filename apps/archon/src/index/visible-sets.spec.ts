import { expect, it, vi } from 'vitest';
import { type Caller, RbacGraph } from './rbac-graph.js';
import { VisibleSets } from './visible-sets.js';

const RBAC = 'rbac.authorization.k8s.io';
const role = {
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name: 'it' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
};
const binding = (namespace: string, user = 'alice') => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { namespace, name: `of-${user}` },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'it' },
  subjects: [{ apiGroup: RBAC, kind: 'User', name: user }],
});
const pods = { group: '', resource: 'pods', verb: 'list', namespaced: true };
const caller = (user = 'alice', groups: string[] = []): Caller => ({ user, groups });

function graphOf(...namespaces: string[]) {
  const graph = new RbacGraph();
  for (const object of [role, ...namespaces.map((namespace) => binding(namespace))]) graph.put(object);
  return { graph, asked: vi.spyOn(graph, 'bindingsOf') };
}

it('answers from what it knows while nothing changes, whatever the order of groups', () => {
  const { graph, asked } = graphOf('a');
  const sets = new VisibleSets();
  const first = sets.of('c1', graph, caller('alice', ['x', 'y']), pods);
  expect(first.namespaces).toEqual(new Set(['a']));
  expect(sets.of('c1', graph, caller('alice', ['y', 'x']), { ...pods })).toBe(first);
  expect(asked).toHaveBeenCalledTimes(1);
});

it.each<[string, (graph: RbacGraph) => void, string[]]>([
  ['a binding came', (graph) => graph.put(binding('b')), ['a', 'b']],
  ['a binding went', (graph) => graph.remove(binding('a')), []],
  ['a binding is for somebody else', (graph) => graph.put({ ...binding('a'), subjects: [] }), []],
  ['a role lost a rule', (graph) => graph.put({ ...role, rules: [] }), []],
  ['a role went', (graph) => graph.remove(role), []],
])('looks anew when %s', (_what, change, namespaces) => {
  const { graph } = graphOf('a');
  const sets = new VisibleSets();
  sets.of('c1', graph, caller(), pods);
  change(graph);
  expect(sets.of('c1', graph, caller(), pods).namespaces).toEqual(new Set(namespaces));
});

it('keeps what it knows when what came or went is nothing of RBAC, or was not there', () => {
  const { graph, asked } = graphOf('a');
  const sets = new VisibleSets();
  const first = sets.of('c1', graph, caller(), pods);
  graph.put({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'a', name: 'web' } });
  graph.remove({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'a', name: 'web' } });
  graph.remove(binding('elsewhere'));
  expect(sets.of('c1', graph, caller(), pods)).toBe(first);
  expect(asked).toHaveBeenCalledTimes(1);
});

it('does not take one graph for another that is as old', () => {
  const sets = new VisibleSets();
  expect(sets.of('c1', graphOf('a').graph, caller(), pods).namespaces).toEqual(new Set(['a']));
  expect(sets.of('c1', graphOf('b').graph, caller(), pods).namespaces).toEqual(new Set(['b']));
});

it('tells clusters, callers and questions apart', () => {
  const { graph } = graphOf('a');
  const { graph: other } = graphOf('b');
  const sets = new VisibleSets();
  for (const _round of [1, 2]) {
    expect(sets.of('c1', graph, caller(), pods).namespaces).toEqual(new Set(['a']));
    expect(sets.of('c2', other, caller(), pods).namespaces).toEqual(new Set(['b']));
    expect(sets.of('c1', graph, caller('bob'), pods).namespaces).toEqual(new Set());
    expect(sets.of('c1', graph, caller('bob', ['system:masters']), pods).everything).toBe(true);
    for (const difference of [{ verb: 'get' }, { resource: 'pods/log' }, { group: 'apps' }])
      expect(sets.of('c1', graph, caller(), { ...pods, ...difference }).namespaces, JSON.stringify(difference)).toEqual(new Set());
    expect(sets.of('c1', graph, caller(), { ...pods, namespaced: false }).namespaces).toEqual(new Set());
  }
});

it('forgets the sets that were not used for longest, so that it holds no more than it may', () => {
  const { graph, asked } = graphOf('a', 'b', 'c', 'd');
  const sets = new VisibleSets(12);
  for (const user of ['alice', 'bob', 'carol']) graph.put(binding('z', user));
  const ask = (user: string) => sets.of('c1', graph, caller(user), pods);
  ask('alice');
  ask('alice');
  expect(asked).toHaveBeenCalledTimes(1);
  // Six of twelve are taken by this one, two by each of the next two; the third of the empty ones is too much.
  for (const user of ['bob', 'carol', 'alice', 'bob', 'carol']) ask(user);
  expect(asked).toHaveBeenCalledTimes(3);
  for (const user of ['dave', 'erin', 'frank']) ask(user);
  ask('alice');
  expect(asked).toHaveBeenCalledTimes(7);
});
