import { describe, expect, it } from 'vitest';
import type { Membership } from '../auth/membership.js';
import { BUILT_IN_ROLES } from '../roles/built-in-roles.js';
import { MEMBERS_OF_NAMESPACE, MEMBERS_OF_PROJECT } from '../roles/functions.js';
import type { Role } from '../roles/role.js';
import { type FunctionQuestion, groundOf } from './decision.js';
import { misplaced, refusedGrant } from './granting.js';
import { grantsFor } from './grants.js';
import type { Place } from './place.js';

const MEMBER_MANAGER: Role = {
  name: 'member-manager',
  displayName: '',
  description: '',
  level: 'namespace',
  rules: [{ function: MEMBERS_OF_NAMESPACE, verbs: ['*'] }],
};
const ROLES = new Map([...BUILT_IN_ROLES, MEMBER_MANAGER].map((role) => [role.name, role]));
const BUILT_IN = new Set(BUILT_IN_ROLES.map(({ name }) => name));

const MEMBERSHIPS = {
  projectAdmin: { role: 'project-admin-system', scope: 'project', project: 'shop' },
  developerOfAll: { role: 'namespace-developer-system', scope: 'project', project: 'shop' },
  namespaceAdmin: { role: 'namespace-admin-system', scope: 'namespace', project: 'shop', cluster: 'c1', namespace: 'shop-dev' },
  developer: { role: 'namespace-developer-system', scope: 'namespace', project: 'shop', cluster: 'c1', namespace: 'shop-dev' },
  memberManager: { role: 'member-manager', scope: 'namespace', project: 'shop', cluster: 'c1', namespace: 'shop-dev' },
  clusterAdmin: { role: 'platform-admin-system', scope: 'cluster', cluster: 'c1' },
  auditor: { role: 'platform-auditor-system', scope: 'platform' },
  gone: { role: 'removed-role', scope: 'platform' },
} satisfies Record<string, Membership>;
type Name = keyof typeof MEMBERSHIPS;

const SHOP = { project: 'shop' };
const DEV = { project: 'shop', cluster: 'c1', namespace: 'shop-dev' };
const TEST = { project: 'shop', cluster: 'c1', namespace: 'shop-test' };
const ELSEWHERE = { project: 'bank', cluster: 'c1', namespace: 'bank-dev' };

describe('a function question', () => {
  const rows: [Name, string, string, Omit<FunctionQuestion, 'function' | 'action'>, boolean][] = [
    ['projectAdmin', 'acp-namespaces', 'create', SHOP, true],
    ['projectAdmin', 'acp-namespaces', 'create', { project: 'shop', cluster: 'c2' }, true],
    ['projectAdmin', 'acp-namespaces', 'delete', DEV, true],
    ['projectAdmin', 'acp-namespaces', 'delete', ELSEWHERE, false],
    ['projectAdmin', 'platform-manage-projectmanage', 'update', SHOP, true],
    ['projectAdmin', 'platform-manage-projectmanage', 'delete', SHOP, false],
    ['projectAdmin', 'platform-manage-projectmanage', 'get', {}, false],
    ['projectAdmin', MEMBERS_OF_PROJECT, 'create', SHOP, true],
    ['developerOfAll', 'acp-app', 'create', DEV, true],
    ['developerOfAll', 'acp-app', 'create', TEST, true],
    ['developerOfAll', 'acp-app', 'create', ELSEWHERE, false],
    ['developerOfAll', 'acp-app', 'create', SHOP, false],
    ['developerOfAll', 'platform-manage-projectmanage', 'get', SHOP, true],
    ['developerOfAll', MEMBERS_OF_PROJECT, 'create', SHOP, false],
    ['namespaceAdmin', 'acp-app', 'delete', DEV, true],
    ['namespaceAdmin', 'acp-app', 'delete', TEST, false],
    ['namespaceAdmin', 'acp-app', 'delete', { ...DEV, cluster: 'c2' }, false],
    ['namespaceAdmin', 'acp-namespaces', 'update', DEV, false],
    ['namespaceAdmin', 'platform-manage-projectmanage', 'get', SHOP, true],
    ['namespaceAdmin', 'platform-manage-projectmanage', 'get', { project: 'bank' }, false],
    ['namespaceAdmin', MEMBERS_OF_PROJECT, 'get', SHOP, true],
    ['namespaceAdmin', MEMBERS_OF_PROJECT, 'list', SHOP, false],
    ['namespaceAdmin', 'acp-namespaces', 'get', SHOP, false],
    ['developer', MEMBERS_OF_NAMESPACE, 'list', DEV, true],
    ['developer', MEMBERS_OF_NAMESPACE, 'create', DEV, false],
    ['clusterAdmin', 'infrastructure-nodesmanage', 'update', { cluster: 'c1' }, true],
    ['clusterAdmin', 'infrastructure-nodesmanage', 'update', { cluster: 'c2' }, false],
    ['clusterAdmin', 'acp-namespaces', 'delete', DEV, true],
    ['clusterAdmin', 'platform-manage-projectmanage', 'delete', SHOP, false],
    ['auditor', 'acp-app', 'list', ELSEWHERE, true],
    ['auditor', 'acp-app', 'update', ELSEWHERE, false],
    ['gone', 'acp-app', 'get', DEV, false],
  ];

  it.each(rows)('PRJ-4 %s: %s %s at %j is %s', (name, functionName, action, place, expected) => {
    expect(groundOf([MEMBERSHIPS[name]], ROLES, { function: functionName, action, ...place }) !== undefined).toBe(expected);
  });

  it('is answered by each grant that is offered for it', () => {
    for (const [, functionName, action, place] of rows) {
      const question = { function: functionName, action, ...place };
      for (const grant of grantsFor(ROLES, question)) expect(groundOf([grant], ROLES, question), JSON.stringify(grant)).toBeDefined();
    }
  });
});

describe('S-6: a role', () => {
  const place = (scope: Place['scope'], rest: Omit<Place, 'scope'>): Place => ({ scope, ...rest });
  const [IN_SHOP, IN_DEV, IN_TEST] = [place('project', SHOP), place('namespace', DEV), place('namespace', TEST)];
  const rows: [Name, string, Place, boolean][] = [
    ['projectAdmin', 'project-admin-system', IN_SHOP, true],
    ['projectAdmin', 'namespace-developer-system', IN_SHOP, true],
    ['projectAdmin', 'namespace-admin-system', IN_DEV, true],
    ['projectAdmin', 'member-manager', IN_DEV, false],
    ['projectAdmin', 'namespace-admin-system', place('namespace', ELSEWHERE), false],
    ['projectAdmin', 'platform-admin-system', place('cluster', { cluster: 'c1' }), false],
    ['namespaceAdmin', 'namespace-admin-system', IN_DEV, true],
    ['namespaceAdmin', 'namespace-developer-system', IN_DEV, true],
    ['namespaceAdmin', 'namespace-developer-system', IN_TEST, false],
    ['namespaceAdmin', 'namespace-developer-system', IN_SHOP, false],
    ['namespaceAdmin', 'project-admin-system', IN_SHOP, false],
    ['developer', 'namespace-developer-system', IN_DEV, false],
    ['memberManager', 'namespace-admin-system', IN_DEV, false],
    ['memberManager', 'namespace-developer-system', IN_DEV, false],
    ['clusterAdmin', 'namespace-admin-system', IN_DEV, true],
    ['clusterAdmin', 'platform-admin-system', place('cluster', { cluster: 'c1' }), false],
  ];

  it.each(rows)('given by %s: %s in %j may be: %s', (name, roleName, where, expected) => {
    const role = ROLES.get(roleName);
    if (role === undefined) throw new Error(`no role ${roleName}`);
    expect(refusedGrant([MEMBERSHIPS[name]], ROLES, role, where, BUILT_IN) === undefined).toBe(expected);
  });

  it.each([
    ['platform-admin-system', 'platform', true],
    ['platform-admin-system', 'cluster', true],
    ['platform-admin-system', 'project', false],
    ['project-admin-system', 'project', true],
    ['project-admin-system', 'namespace', false],
    ['namespace-admin-system', 'project', true],
    ['namespace-admin-system', 'namespace', true],
    ['namespace-admin-system', 'cluster', false],
  ] as const)('%s may be given for a %s: %s', (roleName, scope, expected) => {
    const role = ROLES.get(roleName);
    expect(role && misplaced(role, place(scope, {})) === undefined).toBe(expected);
  });
});
