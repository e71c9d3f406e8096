import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORM_AUDITOR_OBJECTS } from '../../apps/archon/src/clusters/platform-auditor-role.js';
import { BUILT_IN_ROLE_OBJECTS, clusterRoleName, projectNamespaceRoleName } from '../../apps/archon/src/roles/cluster-roles.js';
import { accept } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { uniqueName } from '../support/cluster-objects.js';
import type { ArchonClient } from '../support/http-client.js';
import { type RbacQuestion, rulesAllow } from '../support/rbac-rules.js';
import { eventually } from '../support/wait-for.js';

const ACTORS = {
  developer: 'namespace-developer-system',
  'namespace administrator': 'namespace-admin-system',
  'project administrator': 'project-admin-system',
  auditor: 'platform-auditor-system',
  stranger: undefined,
} as const;
type Actor = keyof typeof ACTORS;
const NAMES = Object.keys(ACTORS) as Actor[];

/** Where an action is tried: in a namespace of the own project, in that project's own one, in a namespace of another project. */
const PLACES = ['own', 'inner', 'other'] as const;
type Place = (typeof PLACES)[number];

interface Action extends RbacQuestion {
  /** `api/v1`, `apis/apps/v1`. */
  root: string;
  /** Not in a namespace. */
  isOfCluster?: true;
  body?: object;
}

const CORE = { root: 'api/v1', group: '' };
const APPS = { root: 'apis/apps/v1', group: 'apps' };
const BATCH = { root: 'apis/batch/v1', group: 'batch' };
const NETWORK = { root: 'apis/networking.k8s.io/v1', group: 'networking.k8s.io' };
const RBAC = { root: 'apis/rbac.authorization.k8s.io/v1', group: 'rbac.authorization.k8s.io' };
const RATIO = { root: 'apis/resource.alauda.io/v1', group: 'resource.alauda.io' };

const metadata = { name: 'tried' };
const container = { name: 'main', image: 'archon.local/web:v1' };
const template = { metadata: { labels: { app: 'tried' } }, spec: { containers: [container] } };
const deployment = { metadata, spec: { replicas: 0, selector: { matchLabels: { app: 'tried' } }, template } };
const labels = { metadata: { labels: { tried: 'true' } } };
const viewer = { apiGroup: RBAC.group, kind: 'ClusterRole', name: 'view' };
const create = (of: { root: string; group: string }, resource: string, body: object): Action => ({ ...of, verb: 'create', resource, body });
const read = (of: { root: string; group: string }, ...resources: string[]): Action[] =>
  resources.map((resource) => ({ ...of, verb: 'list', resource }));

/** Named objects are not there, unless they are the namespace itself: who may gets 404, who may not 403. */
const ACTIONS: Action[] = [
  ...read(CORE, 'pods', 'services', 'configmaps', 'secrets', 'serviceaccounts', 'resourcequotas', 'limitranges', 'events'),
  ...read(APPS, 'deployments', 'statefulsets'),
  ...read(BATCH, 'jobs'),
  ...read(NETWORK, 'networkpolicies'),
  ...read(RBAC, 'rolebindings'),
  { ...CORE, verb: 'watch', resource: 'configmaps' },
  { ...CORE, verb: 'get', resource: 'secrets', name: 'absent' },
  { ...CORE, verb: 'get', resource: 'pods/log', name: 'absent' },
  { ...CORE, verb: 'create', resource: 'pods/exec', name: 'absent' },
  create(CORE, 'configmaps', { metadata }),
  create(CORE, 'secrets', { metadata }),
  create(CORE, 'services', { metadata, spec: { ports: [{ port: 80 }] } }),
  create(CORE, 'pods', { metadata, spec: { containers: [container] } }),
  create(CORE, 'resourcequotas', { metadata, spec: { hard: { pods: '9' } } }),
  create(CORE, 'limitranges', { metadata, spec: { limits: [] } }),
  create(CORE, 'serviceaccounts', { metadata }),
  create(APPS, 'deployments', deployment),
  create(BATCH, 'jobs', { metadata, spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } }),
  create(NETWORK, 'networkpolicies', { metadata, spec: { podSelector: {} } }),
  create(RBAC, 'rolebindings', { metadata, roleRef: viewer, subjects: [] }),
  create(RBAC, 'roles', { metadata, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
  create(RATIO, 'namespaceresourceratios', {
    apiVersion: 'resource.alauda.io/v1',
    kind: 'NamespaceResourceRatio',
    metadata,
    spec: { cpu: 2 },
  }),
  { ...CORE, verb: 'patch', resource: 'configmaps', name: 'absent', body: labels },
  { ...CORE, verb: 'delete', resource: 'configmaps', name: 'absent' },
  { ...APPS, verb: 'delete', resource: 'deployments', name: 'absent' },
  { ...CORE, verb: 'deletecollection', resource: 'secrets' },
  { ...CORE, verb: 'get', resource: 'namespaces' },
  { ...CORE, verb: 'patch', resource: 'namespaces', body: labels },
  { ...CORE, verb: 'list', resource: 'namespaces', isOfCluster: true },
  { ...CORE, verb: 'list', resource: 'nodes', isOfCluster: true },
  { root: 'apis/storage.k8s.io/v1', group: 'storage.k8s.io', verb: 'list', resource: 'storageclasses', isOfCluster: true },
  { ...RBAC, ...create(RBAC, 'clusterroles', { metadata: { name: uniqueName('tried') }, rules: [] }), isOfCluster: true },
];
const METHODS: Record<string, string> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const ALLOWED = [200, 201, 202, 404];

const projects = { own: uniqueName('mine'), other: uniqueName('theirs') };
const namespaces: Record<Place, string> = { own: `${projects.own}-app`, inner: projects.own, other: `${projects.other}-app` };

let archon: Archon;
const callers = new Map<Actor, { client: ArchonClient; token: string }>();
const userOf = (actor: Actor) => `${actor.replaceAll(' ', '-')}@example.org`;

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
  const post = async (path: string, body: object, expected: number) => {
    const { status, text } = await archon.client.post(path, body);
    expect(status, `${path}: ${text}`).toBe(expected);
  };
  for (const project of Object.values(projects)) {
    await post('/acp/v1/projects', { metadata: { name: project }, spec: { clusters: [{ name: 'c1' }] } }, 201);
    await post('/acp/v1/kubernetes/c1/general-namespaces', { project, name: 'app' }, 200);
  }
  const password = 'correct horse battery staple';
  await post('/auth/v1/users', { spec: { email: userOf('auditor'), password, extra: { roles: ['auditor'] } } }, 201);
  const member = (actor: Actor) => ({ subject: { kind: 'User', name: userOf(actor) }, role: ACTORS[actor] });
  await post(`/acp/v1/projects/${projects.own}/members`, member('project administrator'), 201);
  for (const actor of ['developer', 'namespace administrator'] as const)
    await post(`/acp/v1/kubernetes/c1/namespaces/${namespaces.own}/members`, member(actor), 201);
  for (const actor of NAMES) {
    const token = await archon.tokenOf(userOf(actor));
    callers.set(actor, { token, client: archon.client.as(token) });
  }
  // The authorizer of an API server sees new bindings a moment after they are written.
  const [first] = ACTIONS;
  for (const actor of ['developer', 'project administrator'] as const)
    await eventually(async () => first !== undefined && (await reviewed(actor, first, 'own')), { what: `the bindings of a ${actor}` });
});
afterAll(() => archon?.dispose());

const caller = (actor: Actor) => {
  const found = callers.get(actor);
  if (found === undefined) throw new Error(`there is no ${actor}`);
  return found;
};

const rulesOf = (role: string) => {
  const found = [...BUILT_IN_ROLE_OBJECTS, ...PLATFORM_AUDITOR_OBJECTS].filter(
    ({ object }) => object.kind === 'ClusterRole' && object.metadata.name === role,
  );
  expect(found, role).toHaveLength(1);
  return found.flatMap(({ object }) => ('rules' in object ? (object.rules as Parameters<typeof rulesAllow>[0]) : []));
};

/** What the table of roles says. */
function expected(actor: Actor, action: Action, place: Place): boolean {
  const role = ACTORS[actor];
  if (role === undefined) return false;
  if (actor === 'auditor') return rulesAllow(rulesOf('archon-platform-auditor-resources'), action);
  const isInNamespace = action.isOfCluster !== true;
  if (!isInNamespace) return rulesAllow(rulesOf(`${clusterRoleName(role)}:cluster`), action);
  if (place === 'own') return rulesAllow(rulesOf(clusterRoleName(role)), action);
  return place === 'inner' && actor === 'project administrator' && rulesAllow(rulesOf(projectNamespaceRoleName(role)), action);
}

function pathOf({ root, resource, name, isOfCluster, verb }: Action, namespace: string): string {
  const [kind = '', subresource] = resource.split('/');
  const base = isOfCluster === true ? `/${root}` : `/${root}/namespaces/${namespace}`;
  const parts = kind === 'namespaces' && isOfCluster !== true ? [base] : [base, kind];
  const path = [...parts, ...(name === undefined ? [] : [name]), ...(subresource === undefined ? [] : [subresource])].join('/');
  const query = { watch: '?watch=true&timeoutSeconds=1', get: '', list: '?limit=1' }[verb] ?? '?dryRun=All';
  return `/kubernetes/c1${path}${subresource === 'exec' ? '?command=true&stdout=true' : query}`;
}

/** What the proxy answers. */
async function proxied(actor: Actor, action: Action, place: Place): Promise<boolean> {
  const { status, text } = await caller(actor).client.request(
    METHODS[action.verb] ?? '',
    pathOf(action, namespaces[place]),
    action.body,
    action.verb === 'patch' ? { 'content-type': 'application/merge-patch+json' } : {},
  );
  if (status !== 403 && !ALLOWED.includes(status)) throw new Error(`${actor} ${action.verb} ${action.resource}: ${status} ${text}`);
  return status !== 403;
}

interface Identity {
  username: string;
  groups: string[];
}
const identities = new Map<Actor, Identity>();

/** As whom the cluster sees somebody. */
async function identityOf(actor: Actor): Promise<Identity> {
  const known = identities.get(actor);
  if (known !== undefined) return known;
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/kubernetes/c1/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const { status, body, text } = await caller(actor).client.post<{ status: { userInfo: Identity } }>(path, review);
  expect(status, text).toBe(201);
  identities.set(actor, body.status.userInfo);
  return body.status.userInfo;
}

/** What the cluster's own authorizer says, asked by the administrator. */
async function reviewed(actor: Actor, action: Action, place: Place): Promise<boolean> {
  const { username: user, groups } = await identityOf(actor);
  const [resource, subresource] = action.resource.split('/');
  const namespace = action.isOfCluster === true ? undefined : namespaces[place];
  const name = action.resource === 'namespaces' && action.isOfCluster !== true ? namespace : action.name;
  const resourceAttributes = { verb: action.verb, group: action.group, resource, subresource, namespace, name };
  const { status, body, text } = await archon.client.post<{ status: { allowed: boolean } }>(
    '/kubernetes/c1/apis/authorization.k8s.io/v1/subjectaccessreviews',
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user, groups, resourceAttributes } },
  );
  expect(status, text).toBe(201);
  return body.status.allowed;
}

/** What `can-i` tells somebody of all actions in a place. */
async function told(actor: Actor, place: Place): Promise<boolean[]> {
  const items = ACTIONS.map(({ verb, group, resource: whole, name, isOfCluster }) => {
    const [resource, subresource] = whole.split('/');
    const namespace = isOfCluster === true ? undefined : namespaces[place];
    const object = whole === 'namespaces' && isOfCluster !== true ? namespace : name;
    return { cluster: 'c1', verb, group, resource, subresource, namespace, name: object };
  });
  const { status, body, text } = await caller(actor).client.post<{ items: { allowed: boolean }[] }>('/acp/v1/can-i', { items });
  expect([status, body.items?.length], text).toEqual([200, ACTIONS.length]);
  return body.items.map(({ allowed }) => allowed);
}

describe('what members may do in a cluster', () => {
  it('PERM-1 is what the table of roles says, what can-i tells, what the proxy answers and what the cluster would decide', {
    timeout: 300_000,
  }, async () => {
    expect(ACTIONS.length).toBeGreaterThanOrEqual(40);
    const differences: string[] = [];
    let [compared, allowed] = [0, 0];
    for (const actor of NAMES)
      for (const place of PLACES) {
        const canI = await told(actor, place);
        for (const [index, action] of ACTIONS.entries()) {
          const table = expected(actor, action, place);
          const [proxy, review] = [await proxied(actor, action, place), await reviewed(actor, action, place)];
          compared += 1;
          allowed += table ? 1 : 0;
          const answers = { canI: canI[index], proxy, review };
          if (Object.values(answers).some((answer) => answer !== table))
            differences.push(`${actor} ${action.verb} ${action.resource} (${place}): table ${table}, ${JSON.stringify(answers)}`);
        }
      }
    expect(differences).toEqual([]);
    expect([allowed > 50, allowed < compared / 2]).toEqual([true, true]);
    const what = 'table of roles, can-i, proxy and SubjectAccessReview agree, for five roles in own and other projects';
    accept({ row: 'S-5', what, volume: `${compared} comparisons`, result: `0 differences, ${allowed} allowed` });
  });

  it('PERM-1 is told by groups that nobody else has', async () => {
    const acp = async (actor: Actor) => (await identityOf(actor)).groups.filter((group) => group.startsWith('acp:')).sort();
    expect(await acp('developer')).toEqual([
      `acp:namespace:c1:${namespaces.own}:namespace-developer-system`,
      'acp:role:namespace-developer-system',
    ]);
    expect(await acp('project administrator')).toEqual([
      `acp:project:${projects.own}:project-admin-system`,
      'acp:role:project-admin-system',
    ]);
    expect(await acp('stranger')).toEqual([]);
  });

  it.each(NAMES)('PERM-1 is what kubectl of a %s is told and gets', { timeout: 60_000 }, async (actor) => {
    const kubectl = await archon.kubectl('c1', caller(actor).token);
    const may = async (place: Place, ...what: string[]) =>
      (await kubectl.run(['auth', 'can-i', ...what, '-n', namespaces[place]])).stdout.trim() === 'yes';
    const succeeds = async (place: Place, ...what: string[]) => (await kubectl.run([...what, '-n', namespaces[place]])).code === 0;
    for (const place of PLACES) {
      const actions: [RbacQuestion, string[]][] = [
        [{ verb: 'list', group: '', resource: 'pods' }, ['get', 'pods']],
        [{ verb: 'list', group: '', resource: 'secrets' }, ['get', 'secrets']],
        [{ verb: 'create', group: '', resource: 'configmaps' }, ['create', 'configmap', 'by-kubectl']],
      ];
      for (const [question, command] of actions) {
        const table = expected(actor, { ...CORE, ...question }, place);
        expect(
          [await may(place, question.verb, question.resource), await succeeds(place, ...command)],
          `${place} ${command.join(' ')}`,
        ).toEqual([table, table]);
      }
      if (expected(actor, { ...CORE, verb: 'delete', resource: 'configmaps' }, place))
        expect(await succeeds(place, 'delete', 'configmap', 'by-kubectl')).toBe(true);
    }
  });
});
