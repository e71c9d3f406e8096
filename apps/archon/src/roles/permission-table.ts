import type { FunctionResource } from './function-resource.js';
import { type Role, verbsOn } from './role.js';

export interface PermissionRow {
  /** Of the function. */
  name: string;
  title: string;
  module: string;
  /** Verbs by the names of roles. */
  roles: Record<string, string[]>;
}

/** The table of function, role and verbs, as it is asked for. */
export function permissionTable(
  functions: Iterable<FunctionResource>,
  roles: readonly Role[],
  { role, module, keyword, level }: { role?: string; module?: string; keyword?: string; level?: string },
): PermissionRow[] {
  const columns = roles.filter((each) => (role === undefined || each.name === role) && (level === undefined || each.level === level));
  const text = keyword?.toLowerCase();
  return [...functions]
    .filter((each) => module === undefined || each.module === module)
    .filter(({ name, title }) => text === undefined || name.includes(text) || title.toLowerCase().includes(text))
    .map(({ name, title, module: of }) => ({
      name,
      title,
      module: of,
      roles: Object.fromEntries(
        columns.flatMap((each) => {
          const verbs = verbsOn(each, name);
          return verbs.length === 0 ? [] : [[each.name, verbs]];
        }),
      ),
    }))
    .filter((row) => role === undefined || Object.keys(row.roles).length > 0);
}
