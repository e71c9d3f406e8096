import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { trimmedObject } from './trimmed-object.js';

const object = (fields: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  ...fields,
  metadata: { name: 'a', ...metadata },
});
const trim = (given: KubernetesObject, resource = 'pods', path?: string[]) =>
  trimmedObject(given, resource, path === undefined ? [] : [{ resource, path }]);

it('keeps no managedFields and no annotation that holds a manifest, and all else', () => {
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
    'objectset.rio.cattle.io/applied': 'H4sI',
    'example.org/owner': 'team-a',
  };
  const given = object({ spec: { replicas: 1 } }, { annotations, managedFields: [{ manager: 'kubectl' }], labels: { app: 'web' } });
  const before = structuredClone(given);
  expect(trim(given)).toEqual(
    object({ spec: { replicas: 1 } }, { annotations: { 'example.org/owner': 'team-a' }, labels: { app: 'web' } }),
  );
  expect(given).toEqual(before);
});

describe('values of Secrets and ConfigMaps', () => {
  it.each(['secrets', 'configmaps'])('keeps the keys of %s only', (resource) => {
    const given = object({ type: 'Opaque', data: { password: 'c2VjcmV0' }, stringData: { token: 'secret' }, binaryData: { file: 'c2Vj' } });
    expect(trim(given, resource)).toEqual(
      object({ type: 'Opaque', data: { password: null }, stringData: { token: null }, binaryData: { file: null } }),
    );
  });

  it('keeps nothing of data that is no map of keys', () => {
    expect(trim(object({ data: 'secret' }), 'secrets')).toEqual(object({ data: null }));
  });

  it("keeps no annotation's value of a Secret but those of Kubernetes itself", () => {
    const annotations = { 'kubernetes.io/service-account.name': 'default', 'example.org/copy-of': 'c2VjcmV0', 'evil-kubernetes.io/a': 'b' };
    const kept = { 'kubernetes.io/service-account.name': 'default', 'example.org/copy-of': '', 'evil-kubernetes.io/a': '' };
    expect(trim(object({}, { annotations }), 'secrets')).toEqual(object({}, { annotations: kept }));
    expect(trim(object({}, { annotations }), 'configmaps')).toEqual(object({}, { annotations }));
  });

  it('leaves a custom resource alone that is named like one', () => {
    const given = object({ data: { a: 'b' } });
    expect(trim(given, 'secrets.example.org')).toEqual(given);
  });
});

describe('fields that are left out by the settings', () => {
  it.each([
    [['status', 'images'], { status: { images: [1], phase: 'A' } }, { status: { phase: 'A' } }],
    [['spec', '*', 'env'], { spec: { a: { env: 1, b: 2 }, c: 3 } }, { spec: { a: { b: 2 }, c: 3 } }],
    [['items', '*', 'env'], { items: [{ env: 1, b: 2 }, 3] }, { items: [{ b: 2 }, 3] }],
    [['items', '0'], { items: [1, 2] }, { items: [2] }],
    [['status', '*'], { status: { a: 1, b: 2 } }, { status: {} }],
    [['status', 'absent', 'deeper'], { status: { a: 1 } }, { status: { a: 1 } }],
    [['spec', 'a', 'b'], { spec: { a: 'text' } }, { spec: { a: 'text' } }],
  ])('%j', (path, given, kept) => expect(trim(object(given), 'nodes', path)).toEqual(object(kept)));

  it('concern their resource, or all', () => {
    const given = object({ status: { a: 1 } });
    expect(trimmedObject(given, 'pods', [{ resource: 'nodes', path: ['status'] }])).toEqual(given);
    expect(trimmedObject(given, 'pods', [{ resource: '*', path: ['status'] }])).toEqual(object({}));
  });

  it('are not left out of roles and bindings, by which the index decides who sees what', () => {
    const role = object({ rules: [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }] });
    const omitted = ['*', 'roles.rbac.authorization.k8s.io'].map((resource) => ({ resource, path: ['rules'] }));
    expect(trimmedObject(role, 'roles.rbac.authorization.k8s.io', omitted)).toEqual(role);
  });
});
