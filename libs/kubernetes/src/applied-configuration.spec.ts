import { describe, expect, it } from 'vitest';
import { appliedConfiguration, isMadeBy, writtenConfiguration } from './applied-configuration.js';
import type { KubernetesObject } from './kubernetes-object.js';

const live: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'a',
    uid: '1',
    labels: { app: 'web', 'kubectl.kubernetes.io/other': 'x' },
    managedFields: [
      {
        manager: 'archon',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:app': {} }, 'f:finalizers': { 'v:"keep"': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":8080,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
                'f:volumes': { 'k:{"name":"tmp"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} } },
              },
            },
          },
        },
      },
      { manager: 'archon', operation: 'Update', subresource: 'status', fieldsV1: { 'f:status': {} } },
      { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    ],
    finalizers: ['keep', 'other'],
  },
  spec: {
    replicas: 2,
    paused: true,
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [
          { name: 'injected', image: 'sidecar' },
          { name: 'web', image: 'web:v1', imagePullPolicy: 'Always', ports: [{ containerPort: 8080, protocol: 'TCP', name: 'later' }] },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    },
  },
  status: { replicas: 2 },
};

describe('appliedConfiguration', () => {
  it("gives exactly what the manager applied, without defaults and without others' fields", () => {
    expect(appliedConfiguration(live, 'archon')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'a', labels: { app: 'web' }, finalizers: ['keep'] },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            containers: [{ name: 'web', image: 'web:v1', ports: [{ containerPort: 8080, protocol: 'TCP' }] }],
            volumes: [{ name: 'tmp', emptyDir: {} }],
          },
        },
      },
    });
  });

  it('is undefined for a manager that applied nothing', () => {
    expect(appliedConfiguration(live, 'kubectl')).toBeUndefined();
    expect(appliedConfiguration({ ...live, metadata: { name: 'web' } }, 'archon')).toBeUndefined();
  });
});

describe('isMadeBy', () => {
  const [before, created, after] = ['2026-01-01T12:00:04Z', '2026-01-01T12:00:05Z', '2026-01-01T12:00:09Z'];
  const own = (time: string) => ({ manager: 'archon', operation: 'Apply', time });
  const other = (time: string, subresource?: string) => ({
    manager: 'kubectl',
    operation: 'Update',
    time,
    ...(subresource && { subresource }),
  });
  const written = (...managedFields: object[]): KubernetesObject => ({ ...live, metadata: { creationTimestamp: created, managedFields } });

  it.each([
    ['when it was applied in the second of its creation', written(own(created)), true],
    ['when a second began in between', written(own(before)), true],
    ['when others wrote it later, or its status', written(own(created), other(after), other(created, 'status')), true],
    ['not when it was applied later', written(own(after)), false],
    ['when a controller wrote it in the same second', written(own(created), other(created)), true],
    ['not when somebody else wrote it before', written(own(after), other(created)), false],
    ['not when somebody else wrote it in the second before', written(own(created), other(before)), false],
    ['not when somebody else applied it', written({ ...own(created), manager: 'kubectl' }), false],
    ['not when it was written otherwise', written({ ...own(created), operation: 'Update' }), false],
    ['not when the cluster tells no times', live, false],
  ])('%s', (_case, object, expected) => expect(isMadeBy(object, 'archon')).toBe(expected));
});

describe('writtenConfiguration', () => {
  const entry = (operation: string, fieldsV1: Record<string, unknown>, manager = 'archon') => ({ manager, operation, fieldsV1 });
  const object = (...managedFields: object[]): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', annotations: { mark: '3' }, managedFields },
    spec: { replicas: 0, paused: true, template: { spec: { nodeSelector: { a: '1', b: '2' } } } },
  });
  const written = (...entries: object[]) => writtenConfiguration(object(...entries), 'archon')?.spec;
  const template = (nodeSelector: object) => ({ 'f:template': { 'f:spec': { 'f:nodeSelector': nodeSelector } } });
  const applied = entry('Apply', { 'f:spec': { 'f:paused': {} } });

  it('is what was applied, with what was patched since, and nothing of others', () => {
    expect(written(applied, entry('Update', { 'f:spec': { 'f:replicas': {} } }))).toEqual({ replicas: 0, paused: true });
    expect(written(applied, entry('Update', { 'f:spec': { 'f:replicas': {} } }, 'kubectl'))).toEqual({ paused: true });
    expect(written(applied)).toEqual({ paused: true });
    expect(
      writtenConfiguration(object(applied, entry('Update', { 'f:metadata': { 'f:annotations': { 'f:mark': {} } } })), 'archon')?.metadata,
    ).toEqual({ name: 'web', annotations: { mark: '3' } });
  });

  it('is all of a value that one of the two owns as a whole', () => {
    const parts = template({ 'f:a': {} });
    const both = [entry('Apply', { 'f:spec': parts }), entry('Update', { 'f:spec': template({}) })];
    for (const entries of [both, both.map((each) => ({ ...each, operation: each.operation === 'Apply' ? 'Update' : 'Apply' }))])
      expect(written(...entries)).toEqual({ template: { spec: { nodeSelector: { a: '1', b: '2' } } } });
  });

  it('is undefined where nothing was applied: a patch alone describes no object', () => {
    expect(writtenConfiguration(object(entry('Update', { 'f:spec': { 'f:replicas': {} } })), 'archon')).toBeUndefined();
  });
});
