export const USER_BINDING_EXAMPLE = {
  apiVersion: 'auth.alauda.io/v1',
  kind: 'UserBinding',
  spec: {
    subjects: [{ kind: 'User', name: 'jane@example.org' }],
    roleRef: 'project-admin-system',
    scope: 'project',
    constraint: [{ project: 'shop' }],
  },
};
