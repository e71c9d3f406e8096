export const PROJECT_EXAMPLE = {
  apiVersion: 'auth.alauda.io/v1',
  kind: 'Project',
  metadata: { name: 'shop', labels: { team: 'red' } },
  spec: {
    displayName: 'Shop',
    description: 'Everything that sells',
    clusters: [{ name: 'c1', quota: { 'limits.cpu': '20', 'limits.memory': '40Gi', pods: '100' } }, { name: 'c2' }],
    administrators: ['jane@example.org'],
    resources: { storageClasses: ['standard'] },
  },
};

export const PROJECT_PATCH_EXAMPLE = {
  spec: { clusters: [{ name: 'c1', quota: { 'limits.cpu': '30', 'limits.memory': '40Gi', pods: '100' } }] },
};
