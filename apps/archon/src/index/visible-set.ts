import type { Binding, Rule } from './rbac-objects.js';
import type { Caller, RbacGraph } from './rbac-graph.js';

/** What is asked of a resource of a cluster. */
export interface AccessQuestion {
  /** Empty for the core group. */
  group: string;
  /** The plural, with its subresource where one is meant: `pods`, `pods/log`. */
  resource: string;
  verb: string;
  /** Whether objects of this resource are in namespaces. */
  namespaced: boolean;
}

/** Where one verb on one resource is allowed. */
export interface VisibleSet {
  /** On every object of the cluster. */
  everything: boolean;
  /** On every object in these. */
  namespaces: ReadonlySet<string>;
  /**
   * On single objects, by their namespace; under the empty text on those of this name in any namespace or, outside of namespaces, in the
   * cluster. For requests that name the object: no list shows it, because Kubernetes lists it only with a field selector on its name.
   */
  names: ReadonlyMap<string, ReadonlySet<string>>;
}

/** An object, by its place: the namespace is empty outside of namespaces, for a Namespace too. */
export interface Place {
  namespace: string;
  name: string;
}

/** Members may do everything, whatever RBAC says: kube-apiserver asks no authorizer about them. */
const SUPERUSERS = 'system:masters';
const NOWHERE = '';
const ALL: VisibleSet = { everything: true, namespaces: new Set(), names: new Map() };
/** Verbs of requests that name an object by a field selector, which says nothing of the namespace. */
const SELECTING_VERBS = new Set(['list', 'watch']);
const NAMESPACE_OBJECTS = new Set(['namespaces', 'namespaces/status', 'namespaces/finalize']);

/**
 * Where RBAC allows it, as the authorizer of Kubernetes decides: rights only add up, a ClusterRoleBinding holds everywhere, a RoleBinding in
 * its namespace and never outside of namespaces. But a request that names a Namespace is one in this namespace, whatever the API group, so
 * that a RoleBinding there lets its subjects get the Namespace itself.
 */
export function visibleSet(graph: RbacGraph, caller: Caller, question: AccessQuestion): VisibleSet {
  if (caller.groups.includes(SUPERUSERS)) return ALL;
  const namespaces = new Set<string>();
  const names = new Map<string, Set<string>>();
  const known = new Map<string, Reach>();
  for (const binding of graph.bindingsOf(caller)) {
    let reach = known.get(binding.role);
    if (reach === undefined) known.set(binding.role, (reach = reachOf(graph.rulesOf(binding.role), question)));
    const given = narrowed(reach, binding, question);
    if (given.all && binding.namespace === '') return ALL;
    if (given.all) namespaces.add(binding.namespace);
    if (given.names.size > 0) addTo(names, question.namespaced ? binding.namespace : NOWHERE, given.names);
  }
  return { everything: false, namespaces, names };
}

/** Whether a request for this object is allowed. */
export function reaches({ everything, namespaces, names }: VisibleSet, { namespace, name }: Place): boolean {
  return everything || namespaces.has(namespace) || names.get(NOWHERE)?.has(name) === true || names.get(namespace)?.has(name) === true;
}

/**
 * The namespaces of which a list shows all, or `everything`: all objects of the cluster, in namespaces or not. An empty text among the
 * `resourceNames` of a rule is the name of the requests that name nothing, so Kubernetes allows lists by it.
 */
export function listed(set: VisibleSet): 'everything' | ReadonlySet<string> {
  if (reaches(set, { namespace: NOWHERE, name: '' })) return 'everything';
  const unnamed = [...set.names].filter(([, names]) => names.has('')).map(([namespace]) => namespace);
  return unnamed.length === 0 ? set.namespaces : set.namespaces.union(new Set(unnamed));
}

/** What the rules of one role allow: all objects, or those of some names. */
interface Reach {
  all: boolean;
  names: ReadonlySet<string>;
}

const NOTHING: Reach = { all: false, names: new Set() };

function reachOf(rules: readonly Rule[], question: AccessQuestion): Reach {
  const names = new Set<string>();
  for (const rule of rules) {
    if (!matches(rule, question)) continue;
    if (rule.names.length === 0) return { all: true, names };
    for (const name of rule.names) names.add(name);
  }
  return { all: false, names };
}

function matches({ verbs, groups, resources }: Rule, { verb, group, resource }: AccessQuestion): boolean {
  const slash = resource.indexOf('/');
  return (
    hasOrAll(verbs, verb) &&
    hasOrAll(groups, group) &&
    (hasOrAll(resources, resource) || (slash > 0 && resources.includes(`*${resource.slice(slash)}`)))
  );
}

const hasOrAll = (values: readonly string[], value: string): boolean => values.includes(value) || values.includes('*');

/** What is left of the rights of a role by this binding. */
function narrowed(reach: Reach, { namespace }: Binding, { resource, verb, namespaced }: AccessQuestion): Reach {
  if (namespace === '' || namespaced) return reach;
  const isOfItself = NAMESPACE_OBJECTS.has(resource) && !SELECTING_VERBS.has(verb) && (reach.all || reach.names.has(namespace));
  return isOfItself ? { all: false, names: new Set([namespace]) } : NOTHING;
}

function addTo(names: Map<string, Set<string>>, namespace: string, added: ReadonlySet<string>): void {
  const known = names.get(namespace);
  if (known === undefined) names.set(namespace, new Set(added));
  else for (const name of added) known.add(name);
}
