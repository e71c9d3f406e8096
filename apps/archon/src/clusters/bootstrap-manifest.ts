import { ADMINISTRATORS, AUDITORS } from '../auth/principal.js';
import { neededObjects } from './needed-objects.js';

const NAMESPACE = 'archon-system';
const ACCOUNT = 'archon';
/** Of all namespaces, as Archon knows none of them in advance. Only where an administrator asks for it. */
const ACT_FOR_SERVICE_ACCOUNTS = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] };
const RBAC = 'rbac.authorization.k8s.io';

/**
 * What an administrator of a cluster applies so that Archon gets a credential with no more than it needs. Archon itself may install nothing
 * with it: what must exist is in here. `groups` are those whose members Archon may act for, besides the platform's own.
 */
export function bootstrapManifest(
  cluster: string,
  groups: readonly string[],
  { serviceAccounts }: { serviceAccounts: boolean },
): { apiVersion: 'v1'; kind: 'List'; items: object[] } {
  const labels = { 'app.kubernetes.io/name': 'archon', 'app.kubernetes.io/managed-by': 'archon' };
  const metadata = { name: ACCOUNT, labels, annotations: { 'archon/cluster': cluster } };
  const subjects = [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: NAMESPACE }];
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: NAMESPACE } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: `${ACCOUNT}-token`,
          namespace: NAMESPACE,
          labels,
          annotations: { 'kubernetes.io/service-account.name': ACCOUNT },
        },
        type: 'kubernetes.io/service-account-token',
      },
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRole',
        metadata,
        rules: [...rulesFor(cluster, groups), ...(serviceAccounts ? [ACT_FOR_SERVICE_ACCOUNTS] : [])],
      },
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: ACCOUNT },
        subjects,
      },
      ...neededObjects(cluster).map(({ object }) => object),
    ],
  };
}

/**
 * RBAC restricts `impersonate` by whole names only, not by prefix, and denies nothing. Names of groups are few and are listed, so that
 * `system:masters` is not among them; names of users are unknown in advance, and Archon itself refuses those that begin with `system:`.
 */
function rulesFor(cluster: string, groups: readonly string[]): object[] {
  return [
    { apiGroups: [''], resources: ['users'], verbs: ['impersonate'] },
    { apiGroups: [''], resources: ['groups'], resourceNames: [...new Set([ADMINISTRATORS, AUDITORS, ...groups])], verbs: ['impersonate'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system'], verbs: ['get'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
    ...neededObjects(cluster).map(({ ref }) => ({
      apiGroups: [ref.group],
      resources: [ref.resource],
      resourceNames: [ref.name],
      verbs: ['get'],
    })),
  ];
}
