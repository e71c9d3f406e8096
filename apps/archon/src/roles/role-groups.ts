// The groups by which clusters know the members. They begin with `acp:`: no client and no identity provider can send one.

/** Of members of a whole cluster; sent to that cluster only. */
export const clusterGroup = (role: string): string => `acp:cluster:${role}`;

/** Of members of a project. */
export const projectGroup = (project: string, role: string): string => `acp:project:${project}:${role}`;

/** Of members of one namespace. */
export const namespaceGroup = (cluster: string, namespace: string, role: string): string => `acp:namespace:${cluster}:${namespace}:${role}`;

/** Of everybody who has the role somewhere in the cluster: for what they read of the cluster as a whole. */
export const roleGroup = (role: string): string => `acp:role:${role}`;
