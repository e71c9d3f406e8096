export const MEMBERSHIP_SCOPES = ['platform', 'cluster', 'project', 'namespace'] as const;
export type MembershipScope = (typeof MEMBERSHIP_SCOPES)[number];

/** A role that somebody has somewhere. The scope says which of the places is given: a namespace has all three. */
export interface Membership {
  role: string;
  scope: MembershipScope;
  project?: string;
  /** By name. */
  cluster?: string;
  namespace?: string;
  /** Of a membership of a project: the clusters where the project is. */
  clusters?: readonly string[];
}
