import { SCOPE_VERBS, type ScopeVerb } from '../auth/access-scope.js';
import type { FunctionResource, FunctionRule } from './function-resource.js';
import { type Role, verbsOn } from './role.js';

/** A rule as RBAC of Kubernetes writes it. */
export interface PolicyRule {
  apiGroups: readonly string[];
  resources: readonly string[];
  resourceNames?: readonly string[];
  verbs: readonly string[];
}

/** One resource, with the verbs that are given on it. */
interface Grant {
  group: string;
  resource: string;
  names: readonly string[] | undefined;
  verbs: readonly ScopeVerb[];
}

/** Rights over rights: nothing but reading of them comes out of a role, whoever wrote it. */
const RIGHTS = 'rbac.authorization.k8s.io';
const READING: readonly ScopeVerb[] = ['get', 'list', 'watch'];

/**
 * What a role gives by those rules of functions that are picked. Verbs are always spelt out: `*` would also mean `escalate`, `bind` and
 * `impersonate`. `limit` may take verbs away.
 */
export function policyRules(
  role: Role,
  functions: Iterable<FunctionResource>,
  picks: (rule: FunctionRule, resource: string) => boolean,
  limit: (verbs: readonly ScopeVerb[]) => readonly ScopeVerb[] = (verbs) => verbs,
): PolicyRule[] {
  const grants: Grant[] = [];
  for (const { name, rules } of functions) {
    const verbs = limit(verbsOn(role, name));
    for (const rule of rules)
      for (const resource of rule.resources) {
        if (!picks(rule, resource)) continue;
        const left = rule.group === RIGHTS || rule.group === '*' ? verbs.filter((verb) => READING.includes(verb)) : verbs;
        if (left.length > 0) grants.push({ group: rule.group, resource, names: rule.resourceNames, verbs: left });
      }
  }
  return compact(grants);
}

/** The same rights in few rules: resources of one group with the same verbs stand together, in an order that never changes. */
function compact(grants: readonly Grant[]): PolicyRule[] {
  const byResource = Map.groupBy(grants, ({ group, resource, names = [] }) => JSON.stringify([group, names, resource]));
  const merged = [...byResource.values()].flatMap((same) => {
    const [first] = same;
    const given = new Set(same.flatMap(({ verbs }) => verbs));
    return first === undefined ? [] : [{ ...first, verbs: SCOPE_VERBS.filter((verb) => given.has(verb)) }];
  });
  const byVerbs = Map.groupBy(merged, ({ group, names = [], verbs }) => JSON.stringify([group, names, verbs]));
  return [...byVerbs.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, same]) => {
      const [first] = same;
      if (first === undefined) return [];
      return [
        {
          apiGroups: [first.group],
          resources: same.map(({ resource }) => resource).sort(),
          ...(first.names === undefined ? {} : { resourceNames: first.names }),
          verbs: first.verbs,
        },
      ];
    });
}
