import type { AccessScope } from '../auth/access-scope.js';
import type { Membership } from '../auth/membership.js';
import type { Principal } from '../auth/principal.js';

export class ProofResponse {
  /** @example "session" */
  kind: 'token' | 'job' | 'session' | 'oidc' | 'serviceaccount';

  /**
   * Of the token or session; else issuer and subject
   * @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52"
   */
  id: string;

  /** @example "2026-11-24T09:15:00.000Z" */
  expiresAt: string;
}

export class RestrictedNamespaceResponse {
  /** Absent: in every cluster */
  cluster?: string;

  /** @example "shop" */
  namespace: string;
}

/** What the credential is good for, within what its user may do; what is absent is not restricted. */
export class RestrictionsResponse {
  /** @example ["c1"] */
  clusters?: string[];

  /**
   * With the namespaces that they have at the time
   * @example ["shop"]
   */
  projects?: string[];

  namespaces?: RestrictedNamespaceResponse[];

  /** @example ["get", "list", "watch"] */
  verbs?: string[];

  /** @example true */
  readOnly?: boolean;
}

/** A role that the user has somewhere. */
export class MembershipResponse {
  /** @example "namespace-developer-system" */
  role: string;
  scope: 'platform' | 'cluster' | 'project' | 'namespace';
  /** @example "shop" */
  project?: string;
  /** @example "c1" */
  cluster?: string;
  /** @example "shop-dev" */
  namespace?: string;
  /** Of a membership of a project: where the project is */
  clusters?: string[];
}

export class WhoAmIResponse {
  /**
   * The name that clusters see
   * @example "jane@example.org"
   */
  user: string;

  /**
   * The groups that clusters see
   * @example ["acp:platform:auditor"]
   */
  groups: string[];

  /**
   * Roles on the whole platform
   * @example ["auditor"]
   */
  roles: string[];

  /** What the user is a member of, by name or by a group: the projects, clusters and namespaces that can be reached */
  memberships: MembershipResponse[];

  provenBy: ProofResponse;

  /** Absent for a credential that is good for all that its user may do */
  restrictions?: RestrictionsResponse;
}

export function toWhoAmIResponse(caller: Principal): WhoAmIResponse {
  const { kind, id, expiresAt } = caller.provenBy;
  return {
    user: caller.user,
    groups: [...caller.groups],
    roles: [...(caller.isAdministrator ? ['administrator'] : []), ...(caller.isAuditor ? ['auditor'] : [])],
    memberships: caller.memberships.flatMap((membership) => toMembership(caller, membership)),
    provenBy: { kind, id, expiresAt: expiresAt.toISOString() },
    ...(caller.scope === undefined ? {} : { restrictions: toRestrictions(caller.scope) }),
  };
}

const toRestrictions = ({ clusters, projects, namespaces, verbs, readOnly }: AccessScope): RestrictionsResponse => ({
  ...(clusters === undefined ? {} : { clusters: [...clusters] }),
  ...(projects === undefined ? {} : { projects: [...projects] }),
  ...(namespaces === undefined
    ? {}
    : { namespaces: namespaces.map(({ cluster, namespace }) => ({ ...(cluster === undefined ? {} : { cluster }), namespace })) }),
  ...(verbs === undefined ? {} : { verbs: [...verbs] }),
  ...(readOnly === undefined ? {} : { readOnly }),
});

/** Nothing is told of clusters that the credential is not for. */
function toMembership(caller: Principal, { cluster, clusters, ...membership }: Membership): MembershipResponse[] {
  if (cluster !== undefined && !caller.reachesCluster(cluster)) return [];
  return [
    {
      ...membership,
      ...(cluster === undefined ? {} : { cluster }),
      ...(clusters === undefined ? {} : { clusters: clusters.filter((name) => caller.reachesCluster(name)) }),
    },
  ];
}
