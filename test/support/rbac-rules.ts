/** What one request asks of RBAC. */
export interface RbacQuestion {
  verb: string;
  group: string;
  /** With its subresource: `pods/exec`. */
  resource: string;
  /** Absent for lists and creations. */
  name?: string;
}

interface Rule {
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  verbs: readonly string[];
}

/** Whether rules of RBAC allow it, as Kubernetes reads them: written anew, so that it can disagree with whatever made the rules. */
export function rulesAllow(rules: readonly Rule[], { verb, group, resource, name }: RbacQuestion): boolean {
  const [, subresource] = resource.split('/');
  const has = (all: readonly string[] | undefined, ...wanted: string[]) => wanted.some((one) => all?.includes(one) === true);
  return rules.some(
    ({ apiGroups, resources, resourceNames, verbs }) =>
      has(verbs, verb, '*') &&
      has(apiGroups, group, '*') &&
      has(resources, resource, '*', ...(subresource === undefined ? [] : [`*/${subresource}`])) &&
      (resourceNames === undefined || resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name))),
  );
}
