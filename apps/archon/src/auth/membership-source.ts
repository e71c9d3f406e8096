import type { Principal } from './principal.js';

/** Knows who is a member of what. The authenticator asks it for every caller whom it does not remember. */
export interface MembershipSource {
  /** The caller with what memberships add; the same one where they add nothing. */
  withMemberships(principal: Principal): Principal | Promise<Principal>;
}

/** Injection token of the source. */
export const MEMBERSHIP_SOURCE = Symbol('membership source');
