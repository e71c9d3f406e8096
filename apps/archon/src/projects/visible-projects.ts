import type { Principal } from '../auth/principal.js';

/** The projects that a caller sees: those of which, or of whose namespaces, it is a member. Undefined: all. */
export function visibleProjects(caller: Principal): string[] | undefined {
  if (caller.readsEverything) return undefined;
  return [...new Set(caller.memberships.flatMap(({ project }) => (project === undefined ? [] : [project])))];
}
