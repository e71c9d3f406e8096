import { Identity } from '#kubernetes';
import { type AccessScope, reachesCluster } from './access-scope.js';
import type { Membership } from './membership.js';
import { TargetIdentities, type WholeCaller } from './target-identities.js';

/** Group of those who administer the platform; every registered cluster binds it to `cluster-admin`. */
export const ADMINISTRATORS = 'acp:platform:administrator';
/** Group of those who may read everything and change nothing. */
export const AUDITORS = 'acp:platform:auditor';

/** What proved who sends a request. */
export interface ProvenBy {
  /**
   * `token`: an API token; `job`: one that a trust rule gave to a job; `session`: a login here; `oidc`: a token of a registered issuer;
   * `serviceaccount`: one of a registered cluster.
   */
  kind: 'token' | 'job' | 'session' | 'oidc' | 'serviceaccount';
  /** Of the row of a token or session; else issuer and subject. Never the credential itself. */
  id: string;
  expiresAt: Date;
}

/** Who sends a request: the user, the groups that clusters see, what proved it, and what that proof is good for (all, without a scope). */
export class Principal {
  readonly identity: Identity;
  private targets: TargetIdentities | undefined;

  constructor(
    readonly user: string,
    readonly groups: readonly string[],
    readonly provenBy: ProvenBy,
    readonly scope?: AccessScope,
    identity = Identity.of(user, groups),
    /** What the user is a member of, by name or by a group. */
    readonly memberships: readonly Membership[] = [],
  ) {
    this.identity = identity;
  }

  get isAdministrator(): boolean {
    return this.groups.includes(ADMINISTRATORS);
  }

  get isAuditor(): boolean {
    return this.groups.includes(AUDITORS);
  }

  /** Whether everybody's rows are shown, not only the caller's own. */
  get readsEverything(): boolean {
    return this.isAdministrator || this.isAuditor;
  }

  /**
   * As whom a cluster sees the caller, for a request to a namespace: with the groups of those memberships that matter there. Without a
   * namespace for the cluster as a whole.
   */
  identityAt(cluster: string, namespace: string | undefined): Identity {
    if (this.memberships.length === 0) return this.identity;
    return this.targetIdentities.at(cluster, namespace);
  }

  /** The caller with the groups of all namespaces of a cluster: for whoever works out what may be seen there. No request could carry them all. */
  whollyAt(cluster: string): WholeCaller {
    return this.memberships.length === 0 ? this.identity : this.targetIdentities.whollyAt(cluster);
  }

  /** As whom a cluster sees the caller for one change in several places at once, `undefined` being the cluster as a whole. */
  identityAcross(cluster: string, namespaces: readonly (string | undefined)[]): Identity {
    const [first, ...others] = new Set(namespaces.map((namespace) => this.identityAt(cluster, namespace)));
    if (first === undefined || others.length === 0) return first ?? this.identity;
    const groups = new Set([first, ...others].flatMap((identity) => identity.groups));
    return Identity.of(this.user, [...groups], this.identity.details);
  }

  /** Whether anything of a cluster is within the scope of the credential: lists of clusters and of what is in them show nothing else. */
  reachesCluster(name: string): boolean {
    return reachesCluster(this.scope, name);
  }

  private get targetIdentities(): TargetIdentities {
    return (this.targets ??= new TargetIdentities(this.identity, this.memberships));
  }
}
