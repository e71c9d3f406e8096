import type { AccessScope } from '../auth/access-scope.js';
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

  namespaces?: RestrictedNamespaceResponse[];

  /** @example ["get", "list", "watch"] */
  verbs?: string[];

  /** @example true */
  readOnly?: boolean;
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
    provenBy: { kind, id, expiresAt: expiresAt.toISOString() },
    ...(caller.scope === undefined ? {} : { restrictions: toRestrictions(caller.scope) }),
  };
}

const toRestrictions = ({ clusters, namespaces, verbs, readOnly }: AccessScope): RestrictionsResponse => ({
  ...(clusters === undefined ? {} : { clusters: [...clusters] }),
  ...(namespaces === undefined
    ? {}
    : { namespaces: namespaces.map(({ cluster, namespace }) => ({ ...(cluster === undefined ? {} : { cluster }), namespace })) }),
  ...(verbs === undefined ? {} : { verbs: [...verbs] }),
  ...(readOnly === undefined ? {} : { readOnly }),
});
