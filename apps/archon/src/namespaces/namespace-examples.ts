export const FORM_EXAMPLE = {
  name: 'shop-dev',
  project: 'shop',
  displayName: 'Shop, development',
  quota: { 'limits.cpu': '4', 'limits.memory': '8Gi', pods: '20' },
  limitRange: {
    default: { cpu: '500m', memory: '256Mi' },
    defaultRequest: { cpu: '100m', memory: '128Mi' },
    max: { cpu: '2', memory: '2Gi' },
  },
  podSecurity: { enforce: 'baseline', warn: 'restricted' },
};

export const OBJECTS_EXAMPLE = {
  namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop-test', labels: { 'cpaas.io/project': 'shop' } } },
  resourcequota: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'default' }, spec: { hard: { 'limits.cpu': '2' } } },
  limitrange: {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'default' },
    spec: { limits: [{ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m' } }] },
  },
};

export const IMPORT_EXAMPLE = { project: 'shop' };

export const PATCH_EXAMPLE = { quota: { 'limits.cpu': '6', 'limits.memory': '8Gi', pods: '30' } };
