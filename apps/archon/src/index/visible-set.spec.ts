import { describe, expect, it } from 'vitest';
import { callerOf } from './caller.js';
import { type Caller, RbacGraph } from './rbac-graph.js';
import { type AccessQuestion, listed, reaches, visibleSet } from './visible-set.js';

const RBAC = 'rbac.authorization.k8s.io';
const apiVersion = `${RBAC}/v1`;
interface RuleFields {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}
const rule = (fields: RuleFields) => ({ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], ...fields });
const role = (name: string, fields: RuleFields = {}, namespace?: string) => ({
  apiVersion,
  kind: namespace === undefined ? 'ClusterRole' : 'Role',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  rules: [rule(fields)],
});
const ALICE = { apiGroup: RBAC, kind: 'User', name: 'alice' };
const binding = (namespace: string | undefined, name: string, subject: object = ALICE, kind = 'ClusterRole') => ({
  apiVersion,
  kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name: `to-${name}`, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { apiGroup: RBAC, kind, name },
  subjects: [subject],
});
function graphOf(...objects: Parameters<RbacGraph['put']>[0][]): RbacGraph {
  const graph = new RbacGraph();
  for (const object of objects) graph.put(object);
  return graph;
}

const alice: Caller = { user: 'alice', groups: ['system:authenticated'] };
const pods: AccessQuestion = { group: '', resource: 'pods', verb: 'list', namespaced: true };
const NOTHING = { everything: false, namespaces: new Set(), names: new Map() };
const EVERYTHING = { ...NOTHING, everything: true };
const inNamespaces = (...names: string[]) => ({ ...NOTHING, namespaces: new Set(names) });
const named = (namespace: string, ...names: string[]) => ({ ...NOTHING, names: new Map([[namespace, new Set(names)]]) });

describe('a rule', () => {
  it.each<[string, RuleFields, Partial<AccessQuestion>, boolean]>([
    ['the verb', {}, {}, true],
    ['another verb', { verbs: ['get', 'watch'] }, {}, false],
    ['all verbs', { verbs: ['*'] }, { verb: 'deletecollection' }, true],
    ['a verb in other letters', { verbs: ['List'] }, {}, false],
    ['the group', { apiGroups: ['apps'] }, { group: 'apps' }, true],
    ['another group', { apiGroups: ['apps'] }, {}, false],
    ['all groups', { apiGroups: ['*'] }, { group: 'example.org' }, true],
    ['no group', { apiGroups: [] }, {}, false],
    ['all resources', { resources: ['*'] }, { resource: 'pods/log' }, true],
    ['another resource', { resources: ['podtemplates'] }, {}, false],
    ['the subresource alone', { resources: ['pods/log'] }, {}, false],
    ['the resource, asked for a subresource', {}, { resource: 'pods/log' }, false],
    ['the subresource', { resources: ['pods/log'] }, { resource: 'pods/log' }, true],
    ['the subresource of everything', { resources: ['*/log'] }, { resource: 'pods/log' }, true],
    ['another subresource of everything', { resources: ['*/status'] }, { resource: 'pods/log' }, false],
    ['a subresource of everything, asked for none', { resources: ['*/log'] }, {}, false],
    ['a star that means nothing', { resources: ['pods/*', '*/*', 'po*'] }, { resource: 'pods/log' }, false],
    ['a star in front of its end', { resources: ['*s', '*pods', '*'.repeat(2)] }, {}, false],
    ['no resource', { resources: [] }, {}, false],
  ])('on %s', (_what, fields, question, allowed) => {
    const graph = graphOf(role('it', fields), binding('ns', 'it'));
    expect(visibleSet(graph, alice, { ...pods, ...question })).toEqual(allowed ? inNamespaces('ns') : NOTHING);
  });
});

describe('a binding', () => {
  const account = (namespace?: string) => ({ kind: 'ServiceAccount', name: 'ci', ...(namespace === undefined ? {} : { namespace }) });
  const group = (name: string) => ({ apiGroup: RBAC, kind: 'Group', name });
  const robot = (namespace: string): Caller => ({ user: `system:serviceaccount:${namespace}:ci`, groups: [] });
  it.each<[object, Caller, boolean]>([
    [ALICE, alice, true],
    [ALICE, { user: 'Alice', groups: [] }, false],
    [{ ...ALICE, kind: 'Group' }, alice, false],
    [group('dev'), { user: 'alice', groups: ['dev'] }, true],
    [group('dev'), { user: 'dev', groups: ['ops'] }, false],
    [group('system:authenticated'), alice, true],
    [group('system:unauthenticated'), alice, false],
    [group('system:unauthenticated'), { user: 'system:anonymous', groups: ['system:unauthenticated'] }, true],
    [account('ns'), robot('ns'), true],
    [account('build'), robot('build'), true],
    [account('build'), robot('ns'), false],
    [account(), robot('ns'), true],
    [account(), robot('build'), false],
    [{ ...ALICE, name: 'system:serviceaccount:ns:ci' }, robot('ns'), true],
    [group('system:serviceaccounts:ns'), callerOf({ user: 'system:serviceaccount:ns:ci', groups: [] }), true],
    [group('system:serviceaccounts'), callerOf({ user: 'alice', groups: ['system:x'] }), false],
  ])('for %j holds for %j: %s', (subject, caller, holds) => {
    expect(visibleSet(graphOf(role('it'), binding('ns', 'it', subject)), caller, pods)).toEqual(holds ? inNamespaces('ns') : NOTHING);
  });

  it('reaches everything from outside of namespaces, and its own namespace from inside', () => {
    const all = graphOf(role('it'), binding('a', 'it'), binding(undefined, 'it'));
    expect(visibleSet(all, alice, pods)).toEqual(EVERYTHING);
    expect(visibleSet(graphOf(role('it'), binding('a', 'it'), binding('b', 'it')), alice, pods)).toEqual(inNamespaces('a', 'b'));
  });

  it('takes a Role from its own namespace', () => {
    expect(visibleSet(graphOf(role('it', {}, 'a'), binding('a', 'it', ALICE, 'Role')), alice, pods)).toEqual(inNamespaces('a'));
    expect(visibleSet(graphOf(role('it', {}, 'a'), binding('b', 'it', ALICE, 'Role')), alice, pods)).toEqual(NOTHING);
    expect(visibleSet(graphOf(role('it'), binding('b', 'it', ALICE, 'Role')), alice, pods)).toEqual(NOTHING);
  });

  it('to a role that is not there gives nothing until it comes', () => {
    const graph = graphOf(binding('ns', 'it'));
    expect(visibleSet(graph, alice, pods)).toEqual(NOTHING);
    graph.put(role('it'));
    expect(visibleSet(graph, alice, pods)).toEqual(inNamespaces('ns'));
  });

  it('adds what it gives to what others give', () => {
    const graph = graphOf(
      role('one', { resourceNames: ['x'] }),
      role('two', { resourceNames: ['y'] }),
      ...['a', 'b'].flatMap((namespace) => [
        binding(namespace, 'one'),
        binding(namespace, 'two', { ...ALICE, kind: 'Group', name: 'dev' }),
      ]),
      binding('b', 'absent'),
    );
    expect(visibleSet(graph, { user: 'alice', groups: ['dev'] }, pods).names).toEqual(
      new Map([
        ['a', new Set(['x', 'y'])],
        ['b', new Set(['x', 'y'])],
      ]),
    );
    expect(visibleSet(graph, alice, pods)).toEqual({
      ...NOTHING,
      names: new Map([
        ['a', new Set(['x'])],
        ['b', new Set(['x'])],
      ]),
    });
  });
});

it('system:masters see everything without a binding', () => {
  expect(visibleSet(graphOf(), { user: 'alice', groups: ['system:masters'] }, pods)).toEqual(EVERYTHING);
});

describe('names', () => {
  const graph = graphOf(role('it', { resourceNames: ['web', 'db'] }), binding('ns', 'it'));

  it('let nobody list, but reach what is called so', () => {
    const set = visibleSet(graph, alice, pods);
    expect(set).toEqual(named('ns', 'web', 'db'));
    expect(listed(set)).toEqual(new Set());
    const places = ['web', 'other', ''].flatMap((name) => ['ns', 'else', ''].map((namespace) => ({ namespace, name })));
    expect(places.filter((place) => reaches(set, place))).toEqual([{ namespace: 'ns', name: 'web' }]);
  });

  it('given in the whole cluster are those in any namespace', () => {
    const set = visibleSet(graphOf(role('it', { resourceNames: ['web'] }), binding(undefined, 'it')), alice, pods);
    expect(set).toEqual(named('', 'web'));
    expect([reaches(set, { namespace: 'any', name: 'web' }), reaches(set, { namespace: 'any', name: 'db' })]).toEqual([true, false]);
    expect(listed(set)).toEqual(new Set());
  });

  it('that are empty allow what names nothing, as in Kubernetes', () => {
    const empty = role('it', { resourceNames: [''] });
    expect(listed(visibleSet(graphOf(empty, binding('ns', 'it')), alice, pods))).toEqual(new Set(['ns']));
    expect(listed(visibleSet(graphOf(empty, binding(undefined, 'it')), alice, pods))).toBe('everything');
  });
});

describe('outside of namespaces', () => {
  const nodes: AccessQuestion = { ...pods, resource: 'nodes', namespaced: false };
  it('a RoleBinding gives nothing, a ClusterRoleBinding everything', () => {
    const any = role('it', { resources: ['*'] });
    expect(visibleSet(graphOf(any, binding('ns', 'it')), alice, nodes)).toEqual(NOTHING);
    expect(visibleSet(graphOf(any, binding(undefined, 'it')), alice, nodes)).toEqual(EVERYTHING);
    const one = role('it', { resources: ['nodes'], resourceNames: ['n1'] });
    expect(visibleSet(graphOf(one, binding(undefined, 'it')), alice, { ...nodes, verb: 'get' })).toEqual(named('', 'n1'));
  });
});

describe('a Namespace', () => {
  const get: AccessQuestion = { group: '', resource: 'namespaces', verb: 'get', namespaced: false };
  const given = (fields: RuleFields) =>
    graphOf(role('it', { resources: ['namespaces', 'namespaces/status'], ...fields }), binding('ns', 'it'));
  it.each<[string, RuleFields, Partial<AccessQuestion>, boolean]>([
    ['may be got by a RoleBinding inside', {}, {}, true],
    ['may be got by its name', { resourceNames: ['ns'] }, {}, true],
    ['may not be got by the name of another', { resourceNames: ['other'] }, {}, false],
    ['may not be got by the name of nothing', { resourceNames: [''] }, {}, false],
    ['may be changed', { verbs: ['patch'] }, { verb: 'patch' }, true],
    ['has a status', {}, { resource: 'namespaces/status' }, true],
    ['is in no list', { verbs: ['*'] }, { verb: 'list' }, false],
    ['cannot be watched', { verbs: ['*'] }, { verb: 'watch' }, false],
    ['T42 is not one of another group', { apiGroups: ['example.org'] }, {}, false],
    ['T42 of another group is not one of the core', {}, { group: 'example.org' }, false],
  ])('%s', (_what, fields, question, allowed) => {
    const set = visibleSet(given(fields), alice, { ...get, ...question });
    expect(set).toEqual(allowed ? named('', 'ns') : NOTHING);
    expect(reaches(set, { namespace: '', name: 'ns' })).toBe(allowed);
    expect(reaches(set, { namespace: '', name: 'other' })).toBe(false);
  });
});

describe('callerOf', () => {
  it.each([
    [{ user: 'alice', groups: [] }, ['system:authenticated']],
    [{ user: 'alice', groups: ['dev'] }, ['dev', 'system:authenticated']],
    [{ user: 'system:serviceaccount:ns:ci', groups: [] }, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']],
    [{ user: 'system:serviceaccount:ns:ci', groups: ['dev'] }, ['dev', 'system:authenticated']],
  ])('%j has the groups %j', (identity, groups) => expect(callerOf(identity)).toEqual({ user: identity.user, groups }));
});
