import { invalid } from '#errors';
import { PLATFORM_ROLES, type PlatformRole } from './platform-roles.js';

/**
 * The roles that a request asks for: `extra.roles` is the whole list; the official `is_admin` gives or takes the role administrator and
 * leaves the others. Throws 422 for both when they disagree. Undefined when the request says nothing about roles.
 */
export function requestedRoles(
  spec: { is_admin?: boolean; extra?: { roles?: string[] } },
  current: readonly PlatformRole[],
): PlatformRole[] | undefined {
  const { is_admin: isAdmin, extra } = spec;
  const asked = extra?.roles === undefined ? current : PLATFORM_ROLES.filter((role) => extra.roles?.includes(role));
  if (isAdmin === undefined) return extra?.roles === undefined ? undefined : [...asked];
  if (extra?.roles !== undefined && asked.includes('administrator') !== isAdmin)
    throw invalid('the user', [{ field: 'spec.is_admin', message: 'contradicts spec.extra.roles' }]);
  const others = asked.filter((role) => role !== 'administrator');
  return isAdmin ? ['administrator', ...others] : others;
}

/** Whether two lists hold the same roles. */
export const sameRoles = (a: readonly PlatformRole[], b: readonly PlatformRole[]): boolean =>
  a.length === b.length && a.every((role) => b.includes(role));
