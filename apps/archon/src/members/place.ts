import type { MembershipScope } from '../auth/membership.js';

/** Where a membership holds. */
export interface Place {
  scope: MembershipScope;
  /** Of a project, and of a namespace. */
  project?: string;
  /** By name. */
  cluster?: string;
  clusterId?: string;
  namespace?: string;
}

/** One text for each place, by which rows of the same place are found. A cluster is the registration, not its name. */
export function placeOf({ scope, project, clusterId, namespace }: Place): string {
  switch (scope) {
    case 'platform':
      return 'platform';
    case 'cluster':
      return `cluster/${clusterId}`;
    case 'project':
      return `project/${project}`;
    case 'namespace':
      return `namespace/${clusterId}/${namespace}`;
  }
}

/** For messages. */
export function describePlace({ scope, project, cluster, namespace }: Place): string {
  switch (scope) {
    case 'platform':
      return 'the platform';
    case 'cluster':
      return `the cluster "${cluster}"`;
    case 'project':
      return `the project "${project}"`;
    case 'namespace':
      return `the namespace "${namespace}" of the cluster "${cluster}"`;
  }
}
