import { describe, expect, it } from 'vitest';
import { declaredConfiguration } from './declared-configuration.js';
import type { KubernetesObject, ManagedFieldsEntry } from './kubernetes-object.js';

const entry = (manager: string, fieldsV1: Record<string, unknown>, changed: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'apps/v1',
  fieldsV1,
  ...changed,
});
const applied = entry(
  'archon',
  { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:name': {}, 'f:image': {} } } } } } },
  { operation: 'Apply' },
);
const byHand = entry('kubectl-edit', {
  'f:metadata': { 'f:annotations': { '.': {}, 'f:note': {} } },
  'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { 'f:imagePullPolicy': {} } } } } },
});
const controller = entry('kube-controller-manager', { 'f:metadata': { 'f:annotations': { 'f:deployment.kubernetes.io/revision': {} } } });
const status = entry('someone', { 'f:status': { 'f:replicas': {} } }, { subresource: 'status' });
const scaled = (manager: string) => entry(manager, { 'f:spec': { 'f:replicas': {} } }, { subresource: 'scale' });

const object = (...managedFields: ManagedFieldsEntry[]): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: '1',
    annotations: { note: 'x', 'deployment.kubernetes.io/revision': '3' },
    managedFields,
  },
  spec: {
    replicas: 5,
    progressDeadlineSeconds: 600,
    template: { spec: { containers: [{ name: 'web', image: 'web:v1', imagePullPolicy: 'Always', terminationMessagePath: '/dev' }] } },
  },
  status: { replicas: 5 },
});
const metadata = { name: 'web', namespace: 'shop' };
const spec = (container: object) => ({ template: { spec: { containers: [{ name: 'web', image: 'web:v1', ...container }] } } });

describe('declaredConfiguration', () => {
  it.each<[string, ManagedFieldsEntry[], object]>([
    ['what was applied, without defaults and without what controllers write', [applied, controller, status], { metadata, spec: spec({}) }],
    [
      'what was changed by hand as well',
      [applied, byHand, controller],
      { metadata: { ...metadata, annotations: { note: 'x' } }, spec: spec({ imagePullPolicy: 'Always' }) },
    ],
    ['the replicas that somebody chose', [applied, scaled('kubectl')], { metadata, spec: { replicas: 5, ...spec({}) } }],
    ['not the replicas that an autoscaler chose', [applied, scaled('kube-controller-manager')], { metadata, spec: spec({}) }],
    [
      'the whole of a value that one of several set as a whole',
      [applied, entry('helm', { 'f:spec': {} })],
      { metadata, spec: object().spec as object },
    ],
  ])('gives %s', (_case, managedFields, expected) => {
    const { apiVersion, kind } = object();
    expect(declaredConfiguration(object(...managedFields))).toEqual({ apiVersion, kind, ...expected });
  });

  it.each<[string, ManagedFieldsEntry[]]>([
    ['without managed fields', []],
    ['that only controllers have written', [controller]],
    ['of which a part was set in another version', [applied, { ...byHand, apiVersion: 'apps/v1beta2' }]],
  ])('is undefined for an object %s', (_case, managedFields) => expect(declaredConfiguration(object(...managedFields))).toBeUndefined());
});
