import type { Principal } from './principal.js';

/** What a route may demand. Rights on what runs in a cluster are not here: the cluster's own RBAC decides them. */
const RULES = {
  /** Any caller with a valid token; the cluster, or the handler's own data (one's own tokens), decides the rest. */
  authenticated: () => true,
  /** What only administrators see, and auditors with them: for reading routes only. */
  auditor: (principal: Principal) => principal.readsEverything,
  administrator: (principal: Principal) => principal.isAdministrator,
} as const;

export type Permission = keyof typeof RULES;

export const isAllowed = (permission: Permission, principal: Principal): boolean => RULES[permission](principal);
