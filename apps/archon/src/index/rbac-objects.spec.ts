import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { rbacKey, readRbacObject } from './rbac-objects.js';

const RBAC = 'rbac.authorization.k8s.io/v1';
const object = (kind: string, fields: object, namespace?: string): KubernetesObject => ({
  apiVersion: RBAC,
  kind,
  metadata: { name: 'it', labels: { much: 'else' }, ...(namespace === undefined ? {} : { namespace }) },
  ...fields,
});
const to = (kind: string, name = 'role') => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
const subjectsOf = (subject: object, namespace?: string) => {
  const kind = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const read = readRbacObject(object(kind, { roleRef: to('ClusterRole'), subjects: [subject] }, namespace));
  return read?.type === 'binding' ? read.subjects : undefined;
};

describe('a role', () => {
  it('is read to its rules on resources', () => {
    const rules = [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: ['web'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
      { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['list', 'watch'] },
    ];
    expect(readRbacObject(object('ClusterRole', { rules, aggregationRule: { clusterRoleSelectors: [{}] } }))).toEqual({
      type: 'role',
      key: '/it',
      rules: [
        { groups: ['apps'], resources: ['deployments'], verbs: ['get'], names: ['web'] },
        { groups: [''], resources: ['pods', 'pods/log'], verbs: ['list', 'watch'], names: [] },
      ],
    });
  });

  it.each([
    ['nothing', undefined],
    ['null, as an aggregated role before its controller has come by', null],
    ['text', 'all'],
    [
      'names that cannot be read',
      ['web', { web: true }, ['web', 7]].map((resourceNames) => ({ resources: ['pods'], verbs: ['get'], apiGroups: [''], resourceNames })),
    ],
    ['what is no rule', [null, 'all', 7, [], { resources: 'pods' }]],
  ])('of %s gives nothing', (_what, rules) => {
    expect(readRbacObject(object('Role', { rules }, 'ns'))).toEqual({ type: 'role', key: 'ns/it', rules: [] });
  });
});

describe('a binding', () => {
  it('is read to its namespace, its role and its subjects, each once', () => {
    const alice = { kind: 'User', name: 'alice' };
    expect(
      readRbacObject(object('RoleBinding', { roleRef: to('Role'), subjects: [alice, alice, { kind: 'Group', name: 'dev' }] }, 'ns')),
    ).toEqual({
      type: 'binding',
      key: 'ns/it',
      namespace: 'ns',
      role: 'ns/role',
      subjects: ['User/alice', 'Group/dev'],
    });
  });

  it.each<[string, string | undefined, object | undefined, string]>([
    ['RoleBinding', 'ns', to('Role'), 'ns/role'],
    ['RoleBinding', 'ns', to('ClusterRole'), '/role'],
    ['ClusterRoleBinding', undefined, to('ClusterRole'), '/role'],
    ['ClusterRoleBinding', undefined, to('Role'), ''],
    ['RoleBinding', 'ns', to('Other'), ''],
    ['RoleBinding', 'ns', undefined, ''],
  ])('%s in %s to %j finds %j', (kind, namespace, roleRef, role) => {
    expect(readRbacObject(object(kind, { roleRef }, namespace))).toMatchObject({ role });
  });

  it.each<[object, string | undefined, string[]]>([
    [{ kind: 'ServiceAccount', name: 'ci', namespace: 'build' }, 'ns', ['User/system:serviceaccount:build:ci']],
    [{ kind: 'ServiceAccount', name: 'ci' }, 'ns', ['User/system:serviceaccount:ns:ci']],
    [{ kind: 'ServiceAccount', name: 'ci' }, undefined, []],
    [{ kind: 'Robot', name: 'ci' }, 'ns', []],
    [{ kind: 'User', name: 'Group/dev' }, 'ns', ['User/Group/dev']],
  ])('for %j in %s is one for %j', (subject, namespace, expected) => expect(subjectsOf(subject, namespace)).toEqual(expected));
});

it.each<[string, object, string | undefined]>([
  ['Role', {}, undefined],
  ['RoleBinding', {}, undefined],
  ['ClusterRole', {}, 'ns'],
  ['ClusterRoleBinding', {}, 'ns'],
  ['Pod', {}, 'ns'],
  ['ClusterPolicy', {}, undefined],
  ['ClusterRole', { apiVersion: 'example.org/v1' }, undefined],
  ['RoleBinding', { metadata: { namespace: 'ns' } }, 'ns'],
])('a %s with %j in %s is no object of RBAC', (kind, fields, namespace) => {
  expect(readRbacObject({ ...object(kind, {}, namespace), ...fields })).toBeUndefined();
});

it('finds the key of an object that is gone by what is left of it', () => {
  expect(rbacKey({ apiVersion: RBAC, kind: 'Role', metadata: { namespace: 'ns', name: 'it' } })).toEqual({ type: 'role', key: 'ns/it' });
});
