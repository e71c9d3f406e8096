import { describe, expect, it } from 'vitest';
import { SCOPE_VERBS } from '../auth/access-scope.js';
import { BUILT_IN_ROLES } from './built-in-roles.js';
import { readFunctionRule } from './function-resource.js';
import { ALL_RESOURCES, FUNCTIONS, MEMBERS_OF_NAMESPACE, MEMBERS_OF_PROJECT } from './functions.js';
import { ROLE_VERBS, verbsOn } from './role.js';

describe('the functions of the platform', () => {
  it('are all there, each once', () => {
    expect(FUNCTIONS.size).toBe(270);
    for (const name of [ALL_RESOURCES, MEMBERS_OF_NAMESPACE, MEMBERS_OF_PROJECT, 'acp-app', 'acp-namespaces'])
      expect(FUNCTIONS.has(name), name).toBe(true);
  });

  it('are what the built-in roles are made of', () => {
    for (const { name, rules } of BUILT_IN_ROLES)
      for (const rule of rules) {
        expect(rule.function === '*' || FUNCTIONS.has(rule.function), `${name}: ${rule.function}`).toBe(true);
        expect(ROLE_VERBS, `${name}: ${rule.function}`).toEqual(expect.arrayContaining([...rule.verbs]));
      }
  });

  it.each([
    ['common core pods,pods/log', { place: 'common', clusters: undefined, group: '', resources: ['pods', 'pods/log'] }],
    ['cluster@global auth.alauda.io views = projectview', { place: 'cluster', clusters: 'global', resourceNames: ['projectview'] }],
    ['in:rook-ceph@business ceph.rook.io cephclusters', { place: 'in:rook-ceph', clusters: 'business' }],
    ['common * *', { group: '*', resources: ['*'] }],
  ])('are read: %s', (text, expected) => {
    expect(readFunctionRule(text)).toMatchObject(expected);
  });

  it.each(['', 'common core', 'common@elsewhere core pods', 'common core pods =', 'common core pods extra'])('refuses %j', (text) => {
    expect(() => readFunctionRule(text)).toThrow(text);
  });
});

describe('the built-in roles', () => {
  const [READ, ALL] = [['get', 'list', 'watch'], [...SCOPE_VERBS]];
  const role = (name: string) => {
    const found = BUILT_IN_ROLES.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no role ${name}`);
    return found;
  };

  it.each([
    ['platform-admin-system', 'acp-app', ALL],
    ['platform-auditor-system', 'acp-app', READ],
    ['platform-auditor-system', 'platform-manage-accesstokeninfoes', [...READ, 'delete', 'deletecollection']],
    ['project-admin-system', 'acp-namespaces', ALL],
    ['project-admin-system', 'platform-manage-projectmanage', [...READ, 'update', 'patch']],
    ['project-admin-system', 'project-manage-projectmembers', ALL],
    ['namespace-admin-system', 'acp-namespaces', READ],
    ['namespace-admin-system', 'acp-namespace-resource-ratio', ALL],
    ['namespace-admin-system', 'platform-manage-userbindings', ALL],
    ['namespace-admin-system', 'project-manage-projectmembers', ['get']],
    ['namespace-developer-system', 'acp-namespace-resource-ratio', []],
    ['namespace-developer-system', 'platform-manage-userbindings', READ],
    ['namespace-developer-system', 'acp-podsexec', ALL],
    ['namespace-developer-system', 'acp-networkpolicies', READ],
  ])('PERM-1: %s on %s', (name, functionName, verbs) => {
    expect(verbsOn(role(name), functionName)).toEqual(verbs);
  });
});
