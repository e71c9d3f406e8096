import type { MembershipScope } from '../auth/membership.js';
import { type Role, ruleFor, scopesOfLevel } from '../roles/role.js';
import { type FunctionQuestion, holdsAt } from './decision.js';

/** What would allow a question: a role, given there. */
export interface Grant {
  role: string;
  scope: MembershipScope;
  project?: string;
  cluster?: string;
  namespace?: string;
}

/** The narrowest first: nobody should become an administrator of the platform to list the members of a namespace. */
const NARROWEST: readonly MembershipScope[] = ['namespace', 'project', 'cluster', 'platform'];

/** All grants of one role that would allow what is asked. */
export function grantsFor(roles: ReadonlyMap<string, Role>, question: FunctionQuestion): Grant[] {
  const grants = [...roles.values()]
    .filter((role) => ruleFor(role, question.function, question.action) !== undefined)
    .flatMap((role) => scopesOfLevel(role.level).flatMap((scope) => grantAt(role, scope, question)));
  return grants.sort((a, b) => NARROWEST.indexOf(a.scope) - NARROWEST.indexOf(b.scope));
}

function grantAt(role: Role, scope: MembershipScope, question: FunctionQuestion): Grant[] {
  const { project, cluster, namespace } = question;
  const grant: Grant = {
    role: role.name,
    scope,
    ...(project !== undefined && (scope === 'project' || scope === 'namespace') ? { project } : {}),
    ...(cluster !== undefined && (scope === 'cluster' || scope === 'namespace') ? { cluster } : {}),
    ...(namespace !== undefined && scope === 'namespace' ? { namespace } : {}),
  };
  const isPlaced =
    scope === 'platform' ||
    (scope === 'cluster' && cluster !== undefined) ||
    (scope === 'project' && project !== undefined) ||
    (scope === 'namespace' && cluster !== undefined && namespace !== undefined);
  return isPlaced && holdsAt(grant, role, question) ? [grant] : [];
}
