import { describe, expect, it } from 'vitest';
import { SCOPE_VERBS } from '../auth/access-scope.js';
import { BUILT_IN_ROLE_OBJECTS, roleObjects } from './cluster-roles.js';
import { FUNCTIONS } from './functions.js';
import { namespaceBindings } from './namespace-bindings.js';
import type { PolicyRule } from './policy-rules.js';
import { ROLE_LEVELS, type Role } from './role.js';

/** Whether rules allow something, as RBAC reads them. */
function allows(rules: readonly PolicyRule[], verb: string, group: string, resource: string): boolean {
  const has = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);
  return rules.some((rule) => has(rule.verbs, verb) && has(rule.apiGroups, group) && has(rule.resources, resource));
}
const rulesIn = (objects: readonly { object: { metadata: { name?: string }; [field: string]: unknown } }[], name: string) =>
  (objects.find(({ object }) => object.kind === 'ClusterRole' && object.metadata.name === name)?.object.rules ?? []) as PolicyRule[];
const rulesOf = (name: string) => rulesIn(BUILT_IN_ROLE_OBJECTS, name);

describe('NS-20: the ClusterRoles of the built-in roles', () => {
  it('are few and small', () => {
    expect(BUILT_IN_ROLE_OBJECTS).toHaveLength(14);
    expect(JSON.stringify(BUILT_IN_ROLE_OBJECTS).length).toBeLessThan(64 * 1024);
  });

  it.each([
    ['archon:project-admin-system', 'delete', '', 'namespaces', true],
    ['archon:project-admin-system', 'update', '', 'resourcequotas', true],
    ['archon:namespace-admin-system', 'delete', '', 'namespaces', false],
    ['archon:namespace-admin-system', 'get', '', 'namespaces', true],
    ['archon:namespace-admin-system', 'update', '', 'resourcequotas', false],
    ['archon:namespace-admin-system', 'create', '', 'serviceaccounts', true],
    ['archon:namespace-developer-system', 'create', 'apps', 'deployments', true],
    ['archon:namespace-developer-system', 'create', '', 'pods/exec', true],
    ['archon:namespace-developer-system', 'create', '', 'serviceaccounts', false],
    ['archon:namespace-developer-system', 'create', 'networking.k8s.io', 'networkpolicies', false],
    ['archon:namespace-developer-system', 'create', 'rbac.authorization.k8s.io', 'rolebindings', false],
    ['archon:namespace-developer-system', 'create', 'app.k8s.io', 'applications', true],
    ['archon:namespace-developer-system:cluster', 'list', '', 'nodes', true],
    ['archon:namespace-developer-system:cluster', 'list', 'storage.k8s.io', 'storageclasses', true],
  ])('%s: %s %s/%s is %s', (name, verb, group, resource, expected) => {
    expect(allows(rulesOf(name), verb, group, resource)).toBe(expected);
  });

  it.each(['project-admin-system', 'namespace-admin-system', 'namespace-developer-system'])(
    'let %s only read of the cluster as a whole, and nothing that names other tenants',
    (role) => {
      const rules = rulesOf(`archon:${role}:cluster`);
      expect(new Set(rules.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'list', 'watch']));
      for (const [group, resource] of [
        ['', 'namespaces'],
        ['', 'persistentvolumes'],
        ['', 'secrets'],
        ['rbac.authorization.k8s.io', 'clusterroles'],
        ['auth.alauda.io', 'projectquotas'],
        ['kubeovn.io', 'subnets'],
        ['gitops.app.alauda.io', 'applications'],
      ] as const)
        expect(allows(rules, 'get', group, resource), `${group}/${resource}`).toBe(false);
    },
  );
});

describe('S-6: no ClusterRole that comes out of a role', () => {
  const everything = (level: Role['level']): Role => ({
    name: 'all',
    displayName: '',
    description: '',
    level,
    rules: [...FUNCTIONS.keys(), '*'].map((name) => ({ function: name, verbs: ['*'] })),
  });
  const cases = [BUILT_IN_ROLE_OBJECTS, ...ROLE_LEVELS.map((level) => roleObjects(everything(level)))];

  it.each(cases.map((objects, index) => [index, objects] as const))('lets anybody raise rights (%i)', (_, objects) => {
    const rules = objects.flatMap(({ object }) => (object.rules ?? []) as PolicyRule[]);
    for (const { verbs, apiGroups } of rules) {
      expect(SCOPE_VERBS).toEqual(expect.arrayContaining([...verbs]));
      if (apiGroups.some((group) => group === '*' || group === 'rbac.authorization.k8s.io'))
        expect(['get', 'list', 'watch']).toEqual(expect.arrayContaining([...verbs]));
    }
  });
});

describe('the RoleBindings of a namespace', () => {
  const place = { project: 'shop', cluster: 'c1', namespace: 'shop-dev' };

  it('name groups of the project and of the namespace, for each role', () => {
    const [binding] = namespaceBindings(['namespace-developer-system'], { ...place, isProjectNamespace: false });
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      metadata: { name: 'archon:namespace-developer-system', namespace: 'shop-dev' },
      roleRef: { kind: 'ClusterRole', name: 'archon:namespace-developer-system' },
      subjects: [
        { kind: 'Group', name: 'acp:project:shop:namespace-developer-system' },
        { kind: 'Group', name: 'acp:namespace:c1:shop-dev:namespace-developer-system' },
      ],
    });
  });

  it("give other rights in a project's own namespace", () => {
    const [binding] = namespaceBindings(['project-admin-system'], { ...place, isProjectNamespace: true });
    expect(binding).toMatchObject({ roleRef: { name: 'archon:project-admin-system:project-namespace' } });
  });
});
