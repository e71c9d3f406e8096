import type { KubernetesObject } from '#kubernetes';
import { clusterRoleName, projectNamespaceRoleName, ROLE_LABELS } from './cluster-roles.js';
import { namespaceGroup, projectGroup } from './role-groups.js';

const GROUP = 'rbac.authorization.k8s.io';

/**
 * The RoleBindings of a namespace of a project, one for each role that may be given in namespaces. They name groups, not members: who is a
 * member is never written to a cluster.
 */
export const namespaceBindings = (
  roles: readonly string[],
  { project, cluster, namespace, isProjectNamespace }: { project: string; cluster: string; namespace: string; isProjectNamespace: boolean },
): KubernetesObject[] =>
  roles.map((role) => ({
    apiVersion: `${GROUP}/v1`,
    kind: 'RoleBinding',
    metadata: { name: clusterRoleName(role), namespace, labels: ROLE_LABELS },
    roleRef: {
      apiGroup: GROUP,
      kind: 'ClusterRole',
      name: isProjectNamespace ? projectNamespaceRoleName(role) : clusterRoleName(role),
    },
    subjects: [projectGroup(project, role), namespaceGroup(cluster, namespace, role)].map((name) => ({
      apiGroup: GROUP,
      kind: 'Group',
      name,
    })),
  }));
