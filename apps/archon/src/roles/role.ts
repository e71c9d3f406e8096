import { SCOPE_VERBS, type ScopeVerb } from '../auth/access-scope.js';
import type { MembershipScope } from '../auth/membership.js';

/** Where a role may be given: see `scopesOfLevel`. */
export const ROLE_LEVELS = ['platform', 'cluster', 'project', 'namespace'] as const;
export type RoleLevel = (typeof ROLE_LEVELS)[number];

/** `*` stands for all of them. */
export const ROLE_VERBS = [...SCOPE_VERBS, '*'] as const;
export type RoleVerb = ScopeVerb | '*';

/** What a role gives on one function; the function `*` is all of them. */
export interface RoleRule {
  function: string;
  verbs: readonly RoleVerb[];
}

export interface Role {
  name: string;
  displayName: string;
  description: string;
  level: RoleLevel;
  rules: readonly RoleRule[];
}

const SCOPES: Record<RoleLevel, readonly MembershipScope[]> = {
  platform: ['platform', 'cluster'],
  cluster: ['cluster'],
  project: ['project'],
  // In a project it is given in all of the project's namespaces.
  namespace: ['project', 'namespace'],
};

/** Where a role of a level may be given. */
export const scopesOfLevel = (level: RoleLevel): readonly MembershipScope[] => SCOPES[level];

/** Whether a role is bound in the namespaces of projects. */
export const isOfNamespaces = ({ level }: Role): boolean => level === 'project' || level === 'namespace';

/** Rules from a table of verbs and the functions that they hold for. */
export const roleRules = (table: Record<string, string>): RoleRule[] =>
  Object.entries(table).flatMap(([verbs, functions]) =>
    functions
      .trim()
      .split(/\s+/)
      .map((name) => ({ function: name, verbs: verbs.split(' ') as RoleVerb[] })),
  );

/** The rule by which a role allows an action of a function; undefined when none does. */
export const ruleFor = ({ rules }: Role, functionName: string, action: string): RoleRule | undefined =>
  rules.find(
    (rule) =>
      (rule.function === functionName || rule.function === '*') && (rule.verbs.includes('*') || rule.verbs.includes(action as RoleVerb)),
  );

/** All verbs that a role gives on a function, in the order of `ROLE_VERBS`. */
export function verbsOn({ rules }: Role, functionName: string): ScopeVerb[] {
  const given = new Set(rules.filter((rule) => rule.function === functionName || rule.function === '*').flatMap(({ verbs }) => verbs));
  return SCOPE_VERBS.filter((verb) => given.has('*') || given.has(verb));
}
