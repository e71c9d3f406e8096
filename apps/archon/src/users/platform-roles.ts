import { ADMINISTRATORS, AUDITORS } from '../auth/principal.js';

/** Roles that hold on the whole platform. Only an administrator gives and takes them. */
export const PLATFORM_ROLES = ['administrator', 'auditor'] as const;
export type PlatformRole = (typeof PLATFORM_ROLES)[number];

const GROUPS: Record<PlatformRole, string> = { administrator: ADMINISTRATORS, auditor: AUDITORS };

/** All of them begin so: a name with it can't come from outside. */
const OWN_PREFIX = 'acp:';

/**
 * The groups that Archon and the clusters see. A group that an identity provider told is left out where it looks like one of
 * Archon's own, or like one of Kubernetes' (`system:`): nobody outside gives platform rights.
 */
export function groupsOfUser(user: { roles: readonly PlatformRole[]; toldGroups: readonly string[] }): string[] {
  const told = user.toldGroups.filter((group) => !group.startsWith(OWN_PREFIX) && !group.startsWith('system:'));
  return [...new Set([...user.roles.map((role) => GROUPS[role]), ...told])];
}
