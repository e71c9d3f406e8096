import type { KubernetesObject } from '#kubernetes';
import { BUILT_IN_ROLES } from './built-in-roles.js';
import { clusterGroup, namespaceGroup, projectGroup, roleGroup } from './role-groups.js';

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Which groups of members a credential with the least rights may act for. RBAC knows whole names only, and they come and go with projects
 * and namespaces: Archon keeps the list, and no group that is not its own is ever on it.
 */
export const GROUPS_ROLE = 'archon-groups';
export const GROUPS_ROLE_REF = { group: RBAC, version: 'v1', resource: 'clusterroles', name: GROUPS_ROLE } as const;

/** A project or namespace of the cluster; the project's own namespace among them. */
export interface TenantPlace {
  project: string;
  namespace: string;
}

/** The groups of all members of a cluster, sorted. */
export function groupsOfCluster(cluster: string, roles: readonly string[], places: readonly TenantPlace[]): string[] {
  const projects = new Set(places.map(({ project }) => project));
  return [
    ...BUILT_IN_ROLES.map(({ name }) => clusterGroup(name)),
    ...roles.flatMap((role) => [
      clusterGroup(role),
      roleGroup(role),
      ...[...projects].map((project) => projectGroup(project, role)),
      ...places.map(({ namespace }) => namespaceGroup(cluster, namespace, role)),
    ]),
  ]
    .filter((name, index, all) => all.indexOf(name) === index)
    .sort();
}

export const groupsRole = (names: readonly string[]): KubernetesObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name: GROUPS_ROLE, labels: { 'app.kubernetes.io/name': 'archon', 'app.kubernetes.io/managed-by': 'archon' } },
  rules: [{ apiGroups: [''], resources: ['groups'], resourceNames: names, verbs: ['impersonate'] }],
});

/** The names on the list of a cluster. */
export function namesOn(role: KubernetesObject): string[] {
  const [rule] = (role.rules ?? []) as { resourceNames?: string[] }[];
  return rule?.resourceNames ?? [];
}
