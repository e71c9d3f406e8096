import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { imagesOf, manifestOf, shownManifest } from './manifest.js';

const configMap = (metadata: object, more: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop', ...metadata },
  data: { a: '1' },
  ...more,
});
const owner = (apiVersion: string, kind: string) => ({ apiVersion, kind, name: 'x', uid: '1' });

describe('manifestOf', () => {
  it.each<[string, KubernetesObject, KubernetesObject]>([
    [
      'what the server fills in',
      configMap({ uid: '1', resourceVersion: '2', creationTimestamp: '2026-01-01T00:00:00Z' }, { status: {} }),
      configMap({}),
    ],
    [
      'the mark of an operation',
      configMap({ annotations: { 'app.example.org/operation': '1', note: 'x' } }),
      configMap({ annotations: { note: 'x' } }),
    ],
    [
      'the copy that kubectl keeps',
      configMap({ annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }),
      configMap({}),
    ],
    [
      'who owns it, but for others than its Application',
      configMap({ ownerReferences: [owner('app.k8s.io/v1beta1', 'Application'), owner('apps/v1', 'Deployment')] }),
      configMap({ ownerReferences: [owner('apps/v1', 'Deployment')] }),
    ],
  ])('leaves out %s', (_case, object, expected) => expect(manifestOf(object, 'example.org')).toEqual(expected));

  it('keeps what somebody has asked for, and not what follows from it', () => {
    const managedFields = [
      { manager: 'archon', operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:data': { 'f:a': {} } } },
      { manager: 'kubectl-edit', operation: 'Update', apiVersion: 'v1', fieldsV1: { 'f:data': { 'f:b': {} } } },
      { manager: 'kube-controller-manager', operation: 'Update', apiVersion: 'v1', fieldsV1: { 'f:data': { 'f:c': {} } } },
    ];
    const object = configMap({ managedFields }, { data: { a: '1', b: '2', c: '3', d: '4' } });
    expect(manifestOf(object, 'example.org')).toEqual(configMap({}, { data: { a: '1', b: '2' } }));
  });
});

describe('shownManifest', () => {
  it('shows the keys of a Secret and none of its values', () => {
    const secret = configMap(
      { annotations: { note: 'c2VjcmV0' } },
      { kind: 'Secret', data: { password: 'c2VjcmV0' }, stringData: { x: 'c2VjcmV0' } },
    );
    const shown = shownManifest(secret);
    expect(JSON.stringify(shown)).not.toContain('c2VjcmV0');
    expect(shown).toMatchObject({ kind: 'Secret', data: { password: null }, stringData: { x: null } });
  });

  it('shows anything else as it is', () => expect(shownManifest(configMap({}))).toEqual(configMap({})));
});

it('imagesOf names each image of all Pods once', () => {
  const template = { spec: { initContainers: [{ image: 'init:1' }], containers: [{ image: 'web@sha256:0' }, { image: 'init:1' }, {}] } };
  const workload = (apiVersion: string, kind: string, spec: object): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { name: 'x' },
    spec,
  });
  expect(
    imagesOf([
      configMap({}),
      workload('apps/v1', 'Deployment', { template }),
      workload('batch/v1', 'CronJob', { jobTemplate: { spec: { template: { spec: { containers: [{ image: 'job:2' }] } } } } }),
      workload('apps/v1', 'StatefulSet', {}),
      workload('example.org/v1', 'Widget', { template: { spec: { containers: [{ image: 'unknown:1' }] } } }),
    ]),
  ).toEqual(['init:1', 'job:2', 'web@sha256:0']);
});
