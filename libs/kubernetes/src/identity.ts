import { forbidden } from '#errors';

const MAX_LENGTH = 512;
const MAX_GROUPS = 1500;
/** Visible ASCII without leading or trailing blank: what an HTTP header carries unchanged. */
const PRINTABLE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

const SERVICE_ACCOUNT = /^system:serviceaccount:[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

/** What Kubernetes knows of a user besides names and groups; only somebody who is impersonated has any of it here. */
export interface IdentityDetails {
  uid?: string;
  /** Key and value; a key may come several times. */
  extra?: readonly (readonly [string, string])[];
}

/**
 * Whom a call to a cluster is made for. It can only be made from a non-empty, printable user, so that "no impersonation header" (which
 * would let the call run as Archon) cannot be expressed by mistake.
 */
export class Identity {
  private headers: readonly string[] | undefined;

  private constructor(
    readonly user: string,
    readonly groups: readonly string[],
    readonly details: IdentityDetails,
    /** The id of the only cluster where this is anybody; undefined: the same user everywhere. */
    readonly onlyIn?: string,
  ) {}

  /** Throws 403 on a name that is empty, not printable, too long, or reserved by Kubernetes (`system:`). */
  static of(user: string, groups: readonly string[] = [], details: IdentityDetails = {}): Identity {
    if (groups.length > MAX_GROUPS) throw forbidden(`a caller may be in at most ${MAX_GROUPS} groups`);
    for (const name of [user, ...groups]) {
      if (!isPrincipalName(name)) throw forbidden('the caller has a user or group name that clusters would not accept');
    }
    return new Identity(user, [...groups], details);
  }

  /**
   * A ServiceAccount of the cluster with this id: the one name that begins with `system:`, and nobody anywhere else. Kubernetes itself adds
   * the groups of ServiceAccounts when none are given.
   */
  static ofServiceAccount(user: string, clusterId: string): Identity {
    if (!isServiceAccountName(user) || clusterId === '') throw forbidden('this is no name of a ServiceAccount');
    return new Identity(user, [], {}, clusterId);
  }

  /** Whoever had this name and these groups in the cluster with this id, as they are kept in a row. */
  static ofRow(user: string, groups: readonly string[], clusterId: string): Identity {
    return isServiceAccountName(user) ? Identity.ofServiceAccount(user, clusterId) : Identity.of(user, groups);
  }

  /** The impersonation headers of this identity: names and values in turn (Kubernetes: user impersonation). Made once. */
  toHeaders(): readonly string[] {
    const { uid, extra = [] } = this.details;
    this.headers ??= [
      'impersonate-user',
      this.user,
      ...this.groups.flatMap((group) => ['impersonate-group', group]),
      ...(uid === undefined ? [] : ['impersonate-uid', uid]),
      ...extra.flatMap(([key, value]) => [`impersonate-extra-${encodeURIComponent(key)}`, value]),
    ];
    return this.headers;
  }
}

/** `system:serviceaccount:<namespace>:<name>`, as the API server writes it. */
export const isServiceAccountName = (name: string): boolean => SERVICE_ACCOUNT.test(name);

/** Whether a user or group may be impersonated under this name. */
export function isPrincipalName(name: string): boolean {
  return name.length <= MAX_LENGTH && PRINTABLE.test(name) && !name.startsWith('system:');
}

/** Archon's own calls: registration, discovery, health. Never used for what a user asks for. */
export const OWN_CREDENTIAL: unique symbol = Symbol('own credential');
