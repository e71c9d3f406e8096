/**
 * Where a rule of a function holds: `common`, the namespaces of projects; `project`, a project's own namespace; `cluster`, the cluster as a
 * whole; `system` and `kube-public`, the platform's namespaces; `in:<name>`, one named namespace.
 */
type RulePlace = 'common' | 'project' | 'cluster' | 'system' | 'kube-public' | `in:${string}`;

export interface FunctionRule {
  place: RulePlace;
  /** In which clusters; undefined for all. */
  clusters: 'global' | 'business' | undefined;
  /** `*` for all. The core group is the empty text. */
  group: string;
  resources: readonly string[];
  /** Only these objects; undefined for all. */
  resourceNames: readonly string[] | undefined;
}

/** Functions of one module by their names, with the rules as text. */
export type FunctionTable = Readonly<Record<string, { title: string; rules: readonly string[] }>>;

/** A function of the platform: what people are given rights on. Some are known to Archon only and name nothing in a cluster. */
export interface FunctionResource {
  name: string;
  title: string;
  module: string;
  rules: readonly FunctionRule[];
}

const RULE = /^(?<place>[a-z:-]+)(?:@(?<clusters>global|business))? (?<group>\S+) (?<resources>\S+)(?: = (?<names>\S+))?$/;

/** `<place>[@<clusters>] <group> <resource>,… [= <name>,…]`; the core group is written `core`. Throws on anything else. */
export function readFunctionRule(text: string): FunctionRule {
  const parts = RULE.exec(text)?.groups;
  if (parts === undefined) throw new Error(`this is no rule of a function: ${text}`);
  const { place, clusters, group, resources, names } = parts;
  return {
    place: place as RulePlace,
    clusters: clusters as FunctionRule['clusters'],
    group: group === 'core' ? '' : (group ?? ''),
    resources: resources?.split(',') ?? [],
    resourceNames: names?.split(','),
  };
}

export const readFunctionTable = (module: string, table: FunctionTable): FunctionResource[] =>
  Object.entries(table).map(([name, { title, rules }]) => ({ name, title, module, rules: rules.map(readFunctionRule) }));
