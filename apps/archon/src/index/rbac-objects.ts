import { type KubernetesObject, parseApiVersion } from '#kubernetes';

/** A rule on resources. `*` stands for all verbs, groups, resources; `names` is empty where the rule is for any. */
export interface Rule {
  verbs: readonly string[];
  groups: readonly string[];
  /** `pods`, `pods/log`; a star for everything with all subresources, a star in front of `/log` for this subresource of everything. */
  resources: readonly string[];
  names: readonly string[];
}

/** A Role, or a ClusterRole: that one has no namespace. */
interface Role {
  type: 'role';
  key: string;
  rules: readonly Rule[];
}

/** A RoleBinding, or a ClusterRoleBinding: that one has no namespace and holds everywhere. */
export interface Binding {
  type: 'binding';
  key: string;
  namespace: string;
  /** The key of its role. */
  role: string;
  /** As `userKey` and `groupKey` write them. */
  subjects: readonly string[];
}

/** An object of RBAC, as far as decisions need it. */
export type RbacObject = Role | Binding;

/** Whose object it is and what it is called; `namespace` is absent outside of namespaces. */
export interface RbacRef {
  apiVersion: string;
  kind: string;
  metadata: { namespace?: string; name?: string };
}

export const RBAC = 'rbac.authorization.k8s.io';
const SERVICE_ACCOUNT = 'system:serviceaccount';

export const userKey = (name: string): string => `User/${name}`;
export const groupKey = (name: string): string => `Group/${name}`;

/** The type of an object of RBAC and the key that no other of this type has; undefined for every other object. */
export function rbacKey({
  apiVersion,
  kind,
  metadata: { namespace = '', name = '' },
}: RbacRef): Pick<RbacObject, 'type' | 'key'> | undefined {
  if (parseApiVersion(apiVersion).group !== RBAC || name === '') return undefined;
  // Without its namespace a RoleBinding would be taken for one that holds everywhere.
  if (kind.startsWith('Cluster') !== (namespace === '')) return undefined;
  const key = keyOf(namespace, name);
  if (kind === 'Role' || kind === 'ClusterRole') return { type: 'role', key };
  return kind === 'RoleBinding' || kind === 'ClusterRoleBinding' ? { type: 'binding', key } : undefined;
}

/**
 * Takes out of a Role, ClusterRole, RoleBinding or ClusterRoleBinding what decisions need; undefined for every other object. The rules of a
 * ClusterRole with an `aggregationRule` are what its controller has gathered, so they count as they are.
 */
export function readRbacObject(object: KubernetesObject): RbacObject | undefined {
  const head = rbacKey(object);
  if (head === undefined) return undefined;
  const { type, key } = head;
  if (type === 'role') return { type, key, rules: fieldsOf(object.rules).flatMap(readRule) };
  const { namespace = '' } = object.metadata;
  const [roleRef] = fieldsOf([object.roleRef]);
  const subjects = new Set(fieldsOf(object.subjects).flatMap((subject) => readSubject(subject, namespace)));
  return { type, key, namespace, role: roleKey(roleRef, namespace), subjects: [...subjects] };
}

// Names of RBAC objects are path segments: no name has a slash.
const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** A Role is looked for beside its binding; a reference to anything else names nothing. */
function roleKey(roleRef: Fields | undefined, namespace: string): string {
  const name = text(roleRef?.name);
  if (roleRef?.kind === 'ClusterRole') return keyOf('', name);
  return roleRef?.kind === 'Role' && namespace !== '' ? keyOf(namespace, name) : '';
}

function readRule(rule: Fields): Rule[] {
  const resources = texts(rule.resources);
  // A rule on URLs (`/metrics`) says nothing of objects.
  if (resources.length === 0) return [];
  const given: unknown = rule.resourceNames ?? [];
  const names = texts(given);
  // No names mean every object: names that can't be read must not become that.
  if (!Array.isArray(given) || given.length !== names.length) return [];
  return [{ verbs: texts(rule.verbs), groups: texts(rule.apiGroups), resources, names }];
}

/** A ServiceAccount is the user of its name; one without a namespace is of that of its binding. */
function readSubject(subject: Fields, bindingNamespace: string): string[] {
  const name = text(subject.name);
  if (subject.kind === 'User') return [userKey(name)];
  if (subject.kind === 'Group') return [groupKey(name)];
  const namespace = text(subject.namespace) || bindingNamespace;
  return subject.kind === 'ServiceAccount' && namespace !== '' ? [userKey(`${SERVICE_ACCOUNT}:${namespace}:${name}`)] : [];
}

type Fields = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []);
const fieldsOf = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter((each): each is Fields => typeof each === 'object' && each !== null) : [];
