import type { Membership } from '../auth/membership.js';
import { MEMBERS_OF_PROJECT } from '../roles/functions.js';
import { type Role, type RoleRule, ruleFor } from '../roles/role.js';

/** What Archon's own routes ask: an action of a function, in a place. */
export interface FunctionQuestion {
  function: string;
  /** `get list watch create update patch delete deletecollection`. */
  action: string;
  project?: string;
  /** By name. */
  cluster?: string;
  namespace?: string;
}

/** By what a question is allowed. */
export interface Ground {
  membership: Membership;
  rule: RoleRule;
}

const READING: readonly string[] = ['get', 'list', 'watch'];
/** What members of a namespace read of its project. */
const OF_PROJECTS: readonly string[] = ['platform-manage-projectmanage', 'platform-manage-projectbinding', MEMBERS_OF_PROJECT];

/** The first membership, and the rule of its role, that allow what is asked; undefined when none does. */
export function groundOf(
  memberships: readonly Membership[],
  roles: ReadonlyMap<string, Role>,
  question: FunctionQuestion,
): Ground | undefined {
  for (const membership of memberships) {
    const role = roles.get(membership.role);
    if (role === undefined || !holdsAt(membership, role, question)) continue;
    const rule = ruleFor(role, question.function, question.action);
    if (rule !== undefined) return { membership, rule };
  }
  return undefined;
}

/** Whether a membership answers for the place of a question. */
export function holdsAt(membership: Membership, role: Role, question: FunctionQuestion): boolean {
  switch (membership.scope) {
    case 'platform':
      return true;
    case 'cluster':
      return question.cluster !== undefined && question.cluster === membership.cluster;
    case 'project':
      if (question.project === undefined || question.project !== membership.project) return false;
      // A role of namespaces that is given in a project is one in each of its namespaces.
      return role.level === 'project' || question.namespace !== undefined || readsProject(question);
    case 'namespace':
      if (question.namespace === undefined) return question.project === membership.project && readsProject(question);
      return question.cluster === membership.cluster && question.namespace === membership.namespace;
  }
}

const readsProject = ({ function: name, action, namespace }: FunctionQuestion): boolean =>
  namespace === undefined && OF_PROJECTS.includes(name) && READING.includes(action);
