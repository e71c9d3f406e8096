import { clusterGroup, namespaceGroup, projectGroup, roleGroup } from '../roles/role-groups.js';
import type { Membership } from './membership.js';

/** The groups of a member that one cluster needs to see. */
export interface TargetGroups {
  /** For every request. */
  always: readonly string[];
  /** Of single namespaces: for requests to that namespace, and for those that name none. */
  ofNamespaces: ReadonlyMap<string, readonly string[]>;
}

/** Nothing is sent of other clusters: not even the name of a project that is elsewhere. */
export function targetGroups(memberships: readonly Membership[], cluster: string): TargetGroups {
  const always = new Set<string>();
  const ofNamespaces = new Map<string, string[]>();
  for (const membership of memberships) {
    const { role, scope, project = '', namespace = '', clusters = [] } = membership;
    if (scope === 'platform' || (scope === 'cluster' && membership.cluster === cluster)) always.add(clusterGroup(role));
    else if (scope === 'project' && clusters.includes(cluster)) always.add(projectGroup(project, role)).add(roleGroup(role));
    else if (scope === 'namespace' && membership.cluster === cluster) {
      always.add(roleGroup(role));
      ofNamespaces.set(namespace, [...(ofNamespaces.get(namespace) ?? []), namespaceGroup(cluster, namespace, role)]);
    }
  }
  return { always: [...always], ofNamespaces };
}

/** The namespace that a path of the Kubernetes API is in; undefined for one in none, or that can't be told without decoding. */
export const namespaceInPath = (path: string): string | undefined => NAMESPACE.exec(path)?.[1];

const NAMESPACE = /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:watch\/)?namespaces\/([a-z0-9-]+)(?=[/?]|$)/;
