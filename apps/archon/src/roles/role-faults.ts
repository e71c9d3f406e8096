import type { StatusCause } from '#errors';
import { ALL_RESOURCES, FUNCTIONS } from './functions.js';
import type { RoleRule } from './role.js';

/** Names that end so are for the roles that are always there. */
const BUILT_IN_SUFFIX = '-system';

/** Why a name is none for a custom role. */
export const roleNameFault = (name: string): string | undefined =>
  name.endsWith(BUILT_IN_SUFFIX) ? `must not end with "${BUILT_IN_SUFFIX}": these are the built-in roles` : undefined;

/** What is wrong with the rules of a custom role, each with its field. */
export function ruleFaults(rules: readonly RoleRule[], field: string): StatusCause[] {
  const seen = new Set<string>();
  return rules.flatMap(({ function: name }, index) => {
    const message =
      name === '*' || name === ALL_RESOURCES
        ? `"${name}" would be everything: it is for built-in roles only`
        : !FUNCTIONS.has(name)
          ? `"${name}" is no function: GET /acp/v1/permissions lists them`
          : seen.has(name)
            ? `"${name}" is there twice`
            : undefined;
    seen.add(name);
    return message === undefined ? [] : [{ field: `${field}[${index}].function`, message }];
  });
}
