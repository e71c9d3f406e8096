import fc from 'fast-check';
import { type KubernetesObject, type RequestAttributes, requestAttributes } from '#kubernetes';

/** Names of which random RBAC objects and requests are made: few, so that they meet. */
export interface RbacWorld {
  /** Begins all of its names. */
  prefix: string;
  namespaces: readonly string[];
  /** Of Roles and of ClusterRoles; bindings also name roles that are not there. */
  roles: readonly string[];
  clusterRoles: readonly string[];
  users: readonly string[];
  groups: readonly string[];
  /** In each of the namespaces. */
  serviceAccounts: readonly string[];
}

/** One request of somebody. */
export interface RbacRequest {
  user: string;
  groups: readonly string[];
  attributes: RequestAttributes;
  /** Whether objects of the resource are in namespaces. */
  namespaced: boolean;
}

const RBAC = 'rbac.authorization.k8s.io';
const apiVersion = `${RBAC}/v1`;
const OBJECT_NAMES = ['a', 'b', 'c'];
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', '*'];
/** `namespaces` of another group than the core's, and roles that name a resource without its group, must not cross. */
const RESOURCES = [
  { group: '', resource: 'pods', namespaced: true, subresources: ['log', 'exec', 'status'] },
  { group: '', resource: 'secrets', namespaced: true, subresources: [] },
  { group: '', resource: 'nodes', namespaced: false, subresources: ['status', 'proxy'] },
  { group: '', resource: 'namespaces', namespaced: false, subresources: ['status', 'finalize'] },
  { group: 'apps', resource: 'deployments', namespaced: true, subresources: ['scale', 'status'] },
  { group: 'example.org', resource: 'namespaces', namespaced: false, subresources: ['status'] },
  { group: 'example.org', resource: 'secrets', namespaced: true, subresources: ['log'] },
] as const;
const RULE_RESOURCES = [
  ...new Set(RESOURCES.flatMap(({ resource, subresources }) => [resource, ...subresources.map((each) => `${resource}/${each}`)])),
  ...['*', '*/status', '*/log', '*/*', 'pods/*', 'pods/', '/log'],
];
/** Groups that the API server gives by itself; in a cluster that others use too, they get rights only in namespaces of one's own. */
const SYSTEM_GROUPS = ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'];

export function rbacWorld(prefix: string, namespaces: number): RbacWorld {
  const numbered = (what: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${what}-${index}`);
  return {
    prefix,
    namespaces: numbered('ns', namespaces),
    roles: numbered('role', 5),
    clusterRoles: numbered('cluster-role', 8),
    users: numbered('user', 5),
    groups: numbered('group', 5),
    serviceAccounts: ['default', 'builder'],
  };
}

const some = <T>(values: readonly T[], maxLength: number): fc.Arbitrary<T[]> =>
  fc.subarray([...values], { minLength: Math.ceil(maxLength / 2), maxLength });

const rule = ({ namespaces }: RbacWorld) =>
  fc.record({
    apiGroups: fc.oneof({ weight: 4, arbitrary: some(['', 'apps', 'example.org'], 2) }, { weight: 2, arbitrary: fc.constant(['*']) }),
    resources: some(RULE_RESOURCES, 8),
    verbs: some(VERBS, 5),
    resourceNames: fc.oneof(
      { weight: 3, arbitrary: fc.constant([] as string[]) },
      { weight: 2, arbitrary: some([...OBJECT_NAMES, ...namespaces.slice(0, 3), ''], 3) },
    ),
  });

const urlRule = fc.constant({ nonResourceURLs: ['/metrics', '*'], verbs: ['get'] });

function role(world: RbacWorld): fc.Arbitrary<KubernetesObject> {
  const rules = fc.array(rule(world), { maxLength: 3, size: 'max' });
  const ofNamespace = fc.record({ namespace: fc.constantFrom(...world.namespaces), name: fc.constantFrom(...world.roles) });
  const ofCluster = fc.record({ name: fc.constantFrom(...world.clusterRoles) });
  return fc.oneof(
    fc.record({ apiVersion: fc.constant(apiVersion), kind: fc.constant('Role'), metadata: ofNamespace, rules }),
    fc.record({
      apiVersion: fc.constant(apiVersion),
      kind: fc.constant('ClusterRole'),
      metadata: ofCluster,
      rules: fc.oneof(
        { weight: 4, arbitrary: rules },
        { weight: 1, arbitrary: fc.array(fc.oneof(urlRule, rule(world)), { maxLength: 3, size: 'max' }) },
      ),
    }),
  );
}

function subject(world: RbacWorld, isForCluster: boolean) {
  const groups = [...world.groups, ...world.namespaces.map((namespace) => `system:serviceaccounts:${namespace}`)];
  const named = (kind: string, names: readonly string[]) =>
    fc.record({ kind: fc.constant(kind), apiGroup: fc.constant(RBAC), name: fc.constantFrom(...names) });
  const account = { kind: fc.constant('ServiceAccount'), name: fc.constantFrom(...world.serviceAccounts) };
  const accountOf = fc.record({ ...account, namespace: fc.constantFrom(...world.namespaces) });
  const asUsers = world.serviceAccounts.map((name) => `system:serviceaccount:${world.namespaces[0]}:${name}`);
  return fc.oneof(
    named('User', [...world.users, ...asUsers]),
    named('Group', isForCluster ? groups : [...groups, ...SYSTEM_GROUPS]),
    // A ServiceAccount without a namespace is that of the binding's, which a ClusterRoleBinding does not have.
    isForCluster ? accountOf : fc.oneof(accountOf, fc.record(account)),
  );
}

function binding(world: RbacWorld): fc.Arbitrary<KubernetesObject> {
  const ref = (kind: string, names: readonly string[]) =>
    fc.record({ apiGroup: fc.constant(RBAC), kind: fc.constant(kind), name: fc.constantFrom(...names, 'absent') });
  const toClusterRole = ref('ClusterRole', world.clusterRoles);
  const subjects = (isForCluster: boolean) => fc.array(subject(world, isForCluster), { maxLength: 3, size: 'max' });
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        apiVersion: fc.constant(apiVersion),
        kind: fc.constant('RoleBinding'),
        metadata: fc.record({ namespace: fc.constantFrom(...world.namespaces) }),
        roleRef: fc.oneof(ref('Role', world.roles), toClusterRole),
        subjects: subjects(false),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        apiVersion: fc.constant(apiVersion),
        kind: fc.constant('ClusterRoleBinding'),
        metadata: fc.constant({}),
        roleRef: toClusterRole,
        subjects: subjects(true),
      }),
    },
  );
}

/** Roles and bindings, no two of one kind with the same name; at most so many, and at least half of it. */
export function rbacObjects(world: RbacWorld, { roles, bindings }: { roles: number; bindings: number }): fc.Arbitrary<KubernetesObject[]> {
  const about = (count: number) => ({ minLength: Math.floor(count / 2), maxLength: count, size: 'max' as const });
  return fc
    .tuple(fc.array(role(world), about(roles)), fc.array(binding(world), about(bindings)))
    .map(([ofRoles, ofBindings]) => [
      ...new Map(ofRoles.map((each) => [JSON.stringify([each.kind, each.metadata]), each])).values(),
      ...ofBindings.map((each, index) => ({ ...each, metadata: { ...each.metadata, name: `${world.prefix}-binding-${index}` } })),
    ]);
}

/** Requests as clients send them, by the attributes that kube-apiserver reads out of their paths; `users` may ask besides those of the world. */
export function rbacRequests(world: RbacWorld, users: readonly string[] = []): fc.Arbitrary<RbacRequest> {
  const accounts = world.namespaces.flatMap((namespace) =>
    world.serviceAccounts.map((name) => `system:serviceaccount:${namespace}:${name}`),
  );
  const groups = [
    ...world.groups,
    ...SYSTEM_GROUPS,
    ...world.namespaces.slice(0, 2).map((namespace) => `system:serviceaccounts:${namespace}`),
  ];
  return fc
    .record({
      user: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...world.users) },
        { weight: 1, arbitrary: fc.constantFrom(...accounts, ...users) },
      ),
      groups: fc.oneof(
        { weight: 40, arbitrary: fc.subarray(groups, { maxLength: 6 }) },
        { weight: 1, arbitrary: fc.constant(['system:masters'] as string[]) },
      ),
      of: fc.constantFrom(...RESOURCES),
      namespace: fc.constantFrom(...world.namespaces),
      name: fc.constantFrom(...OBJECT_NAMES, ...world.namespaces.slice(0, 3)),
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
      shape: fc.constantFrom('object', 'subresource', 'collection', 'watch', 'selected', 'selected watch'),
      subresource: fc.nat(),
      isEverywhere: fc.boolean(),
    })
    .map(
      ({
        user,
        groups: of,
        of: { group, resource, namespaced, subresources },
        namespace,
        name,
        method,
        shape,
        subresource,
        isEverywhere,
      }) => {
        const root = group === '' ? '/api/v1' : `/apis/${group}/v1`;
        const isOfObject = shape === 'object' || shape === 'subresource';
        const inNamespace = namespaced && !(isEverywhere && !isOfObject) ? `/namespaces/${namespace}` : '';
        const below = shape === 'subresource' && subresources.length > 0 ? `/${subresources[subresource % subresources.length]}` : '';
        const object = resource === 'namespaces' ? namespace : name;
        const query = {
          object: '',
          subresource: '',
          collection: '',
          watch: '?watch=true',
          selected: `?fieldSelector=metadata.name%3D${object}`,
          'selected watch': `?watch=1&fieldSelector=metadata.name=${object}`,
        }[shape];
        const path = `${root}${inNamespace}/${resource}${isOfObject ? `/${object}${below}` : ''}${query}`;
        return { user, groups: of, namespaced, attributes: requestAttributes(method, path) };
      },
    );
}
