import { expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { objectRefs } from './object-refs.js';

const object = (apiVersion: string, kind: string, fields: object, metadata: object = {}): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'it', namespace: 'shop', ...metadata },
  ...fields,
});
const POD = {
  serviceAccountName: 'runner',
  imagePullSecrets: [{ name: 'pull' }],
  volumes: [
    { name: 'a', configMap: { name: 'files' } },
    { name: 'b', secret: { secretName: 'certificate' } },
    { name: 'c', persistentVolumeClaim: { claimName: 'data' } },
    {
      name: 'd',
      projected: { sources: [{ configMap: { name: 'projected' } }, { secret: { name: 'token' } }, { serviceAccountToken: {} }] },
    },
    { name: 'e', emptyDir: {} },
  ],
  initContainers: [{ envFrom: [{ configMapRef: { name: 'init' } }, { secretRef: { name: 'init' } }] }],
  containers: [
    {
      env: [
        { name: 'A', value: 'text' },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'files', key: 'b' } } },
        { name: 'C', valueFrom: { secretKeyRef: { name: 'password', key: 'c' } } },
        { name: 'D', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    },
  ],
};
const POD_REFS = [
  'ServiceAccount/runner',
  'Secret/pull',
  'ConfigMap/files',
  'Secret/certificate',
  'PersistentVolumeClaim/data',
  'ConfigMap/projected',
  'Secret/token',
  'Secret/password',
  'ConfigMap/init',
  'Secret/init',
];
const template = { template: { spec: POD } };
const owned = { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u', controller: true }] };

it.each<[string, KubernetesObject, string[]]>([
  ['a Pod', object('v1', 'Pod', { spec: POD }), POD_REFS],
  ['a Pod of a controller', object('v1', 'Pod', { spec: POD }, owned), []],
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind): [string, KubernetesObject, string[]] => [
    `a ${kind}`,
    object('apps/v1', kind, { spec: template }),
    POD_REFS,
  ]),
  ['a Job', object('batch/v1', 'Job', { spec: template }), POD_REFS],
  ['a Job of a CronJob', object('batch/v1', 'Job', { spec: template }, owned), []],
  ['a CronJob', object('batch/v1', 'CronJob', { spec: { jobTemplate: { spec: template } } }), POD_REFS],
  ['a Rollout', object('argoproj.io/v1alpha1', 'Rollout', { spec: template }), POD_REFS],
  [
    'an Ingress',
    object('networking.k8s.io/v1', 'Ingress', {
      spec: {
        defaultBackend: { service: { name: 'fallback' } },
        tls: [{ secretName: 'certificate' }],
        rules: [
          { http: { paths: [{ backend: { service: { name: 'web' } } }, { backend: { resource: { name: 'bucket' } } }] } },
          { host: 'a' },
        ],
      },
    }),
    ['Service/fallback', 'Service/web', 'Secret/certificate'],
  ],
  [
    'an HTTPRoute',
    object('gateway.networking.k8s.io/v1', 'HTTPRoute', {
      spec: { rules: [{ backendRefs: [{ name: 'web' }, { kind: 'Service', name: 'api' }, { kind: 'Bucket', name: 'b' }] }] },
    }),
    ['Service/web', 'Service/api'],
  ],
  [
    'an autoscaler',
    object('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    }),
    ['Deployment.apps/web'],
  ],
  ['a claim', object('v1', 'PersistentVolumeClaim', { spec: { volumeName: 'pv-1' } }), ['PersistentVolume/pv-1']],
  ['a claim that waits', object('v1', 'PersistentVolumeClaim', { spec: {} }), []],
  [
    'a ServiceAccount',
    object('v1', 'ServiceAccount', { secrets: [{ name: 'a' }], imagePullSecrets: [{ name: 'b' }] }),
    ['Secret/a', 'Secret/b'],
  ],
  [
    'a binding',
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      roleRef: { kind: 'Role', name: 'reader' },
      subjects: [
        { kind: 'User', name: 'jane' },
        { kind: 'ServiceAccount', name: 'ci' },
      ],
    }),
    ['User/jane', 'User/system:serviceaccount:shop:ci', 'Role.rbac.authorization.k8s.io/reader'],
  ],
  ['a kind of the same name in another group', object('example.org/v1', 'Deployment', { spec: template }), []],
  ['a kind that refers to nothing', object('v1', 'ConfigMap', { data: {} }), []],
])('finds what %s refers to', (_what, given, refs) => {
  expect(objectRefs(given).toSorted()).toEqual(refs.toSorted());
});

it.each([
  { spec: null },
  { spec: 'text' },
  { spec: { template: [] } },
  { spec: { template: { spec: { volumes: 'x', containers: [null, 1] } } } },
])('finds nothing in %j', (fields) => {
  expect(objectRefs(object('apps/v1', 'Deployment', fields))).toEqual([]);
});
