import type { Membership } from '../auth/membership.js';
import { MEMBERS_OF_NAMESPACE, MEMBERS_OF_PROJECT } from '../roles/functions.js';
import { type Role, ruleFor, scopesOfLevel } from '../roles/role.js';
import { groundOf, holdsAt } from './decision.js';
import { describePlace, type Place } from './place.js';

/** The built-in roles that are made for giving others, and what they give besides what they hold themselves. */
const GIVES: Readonly<Record<string, readonly string[]>> = {
  'project-admin-system': ['project-admin-system', 'namespace-admin-system', 'namespace-developer-system'],
  'namespace-admin-system': ['namespace-admin-system', 'namespace-developer-system'],
};

/** The function that members of a place are managed with. */
export const membersFunction = ({ scope }: Place): string => (scope === 'project' ? MEMBERS_OF_PROJECT : MEMBERS_OF_NAMESPACE);

/** What of a role does not fit the place, whoever gives it; undefined when it fits. */
export function misplaced({ name, level }: Role, place: Place): string | undefined {
  const scopes = scopesOfLevel(level);
  if (scopes.includes(place.scope)) return undefined;
  return `"${name}" is a role of level ${level}: it is given for a ${scopes.join(' or a ')}, not for ${describePlace(place)}`;
}

/** Why somebody who is no administrator of the platform may not give a role; undefined when it may be given. */
export function refusedGrant(
  memberships: readonly Membership[],
  roles: ReadonlyMap<string, Role>,
  role: Role,
  place: Place,
  builtIn: ReadonlySet<string>,
): string | undefined {
  if (place.scope === 'platform' || place.scope === 'cluster') return 'only administrators of the platform give roles there';
  if (!builtIn.has(role.name)) return `"${role.name}" is a custom role: only administrators of the platform give those`;
  const question = { function: membersFunction(place), action: 'create', ...locationOf(place) };
  const giving = memberships.filter((membership) => {
    const own = roles.get(membership.role);
    return own !== undefined && holdsAt(membership, own, question) && ruleFor(own, question.function, 'create') !== undefined;
  });
  if (giving.length === 0) return `you give no roles for ${describePlace(place)}`;
  const mayGive = giving.some((membership) => GIVES[membership.role]?.includes(role.name)) || holdsAll(memberships, roles, role, place);
  return mayGive ? undefined : `"${role.name}" holds more than you hold in ${describePlace(place)}`;
}

/** Whether each right of a role is held in the place already. */
const holdsAll = (memberships: readonly Membership[], roles: ReadonlyMap<string, Role>, role: Role, place: Place): boolean =>
  role.rules.every(({ function: name, verbs }) =>
    verbs.every((action) => groundOf(memberships, roles, { function: name, action, ...locationOf(place) }) !== undefined),
  );

/** A place as a question names it. */
export const locationOf = ({ project, cluster, namespace }: Place) => ({
  ...(project === undefined ? {} : { project }),
  ...(cluster === undefined ? {} : { cluster }),
  ...(namespace === undefined ? {} : { namespace }),
});
