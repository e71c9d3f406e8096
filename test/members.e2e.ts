import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept, seed, volume } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import { random } from './support/random.js';
import { eventually } from './support/wait-for.js';

interface Member {
  subject: { kind: string; name: string; source?: string };
  role: string;
  scope: string;
}
type List = { items: Member[] };
type Status = { reason: string; message: string; details?: { causes?: { field: string; message: string }[] } };

const [ADMIN, NAMESPACE_ADMIN, DEVELOPER] = ['project-admin-system', 'namespace-admin-system', 'namespace-developer-system'];
/** On every replica, from the answer of whoever changed it. */
const EFFECTIVE_MS = 1000;
const STREAM_MS = 10_000;

let archon: Archon;
let replica: Archon;
let project: string;
/** The one namespace of the project. */
let namespace: string;
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1', 'c2'] });
  replica = await archon.replica();
  project = await createProject();
  namespace = `${project}-dev`;
}, 60_000);
afterAll(async () => {
  await replica?.kill();
  await archon?.dispose();
});

async function createProject(): Promise<string> {
  const name = uniqueName('m');
  const made = await archon.client.post('/acp/v1/projects', { metadata: { name }, spec: { clusters: [{ name: 'c1' }, { name: 'c2' }] } });
  expect(made.status, made.text).toBe(201);
  for (const cluster of ['c1', 'c2']) {
    const { status, text } = await archon.client.post(`/acp/v1/kubernetes/${cluster}/general-namespaces`, { project: name, name: 'dev' });
    expect(status, text).toBe(200);
  }
  return name;
}

const ofProject = (name = '', of = project) => `/acp/v1/projects/${of}/members${name === '' ? '' : `/${name}`}`;
const ofNamespace = (name = '', in_ = namespace) => `/acp/v1/kubernetes/c1/namespaces/${in_}/members${name === '' ? '' : `/${name}`}`;
const add = (url: string, name: string, role: string, kind = 'User', by = archon.client) =>
  by.post<Member & Status>(url, { subject: { kind, name }, role });
const configMaps = (cluster = 'c1', in_ = namespace) => `/kubernetes/${cluster}/api/v1/namespaces/${in_}/configmaps`;
const userName = (name: string) => `${uniqueName(name)}@example.org`;

/** The same caller at both replicas. */
async function both(name: string): Promise<[ArchonClient, ArchonClient]> {
  const token = await archon.tokenOf(name);
  return [archon.client.as(token), replica.client.as(token)];
}

async function within(ms: number, what: string, holds: () => Promise<boolean>): Promise<void> {
  await eventually(holds, { what, timeoutMs: ms });
}

describe('a member of a project', () => {
  it('PRJ-4 has its rights in all its namespaces on all its clusters, on every replica, from the next request on', async () => {
    const name = userName('kim');
    const [kim, kimThere] = await both(name);
    expect((await kim.get(configMaps())).status).toBe(403);
    expect((await add(ofProject(), name, ADMIN)).status).toBe(201);
    for (const client of [kim, kimThere])
      for (const cluster of ['c1', 'c2'])
        await within(EFFECTIVE_MS, 'the right to hold', async () => (await client.get(configMaps(cluster))).status === 200);
    expect((await kim.get('/kubernetes/c1/api/v1/namespaces/default/configmaps')).status).toBe(403);
    expect((await kim.get('/kubernetes/c1/api/v1/namespaces')).status).toBe(403);
    expect((await kim.get(`/kubernetes/c1/api/v1/namespaces/${namespace}`)).status).toBe(200);
    expect((await kim.get<List>(ofProject())).body.items.map(({ subject }) => subject.name)).toContain(name);
    expect((await add(ofProject(), name, ADMIN)).status).toBe(409);

    expect((await archon.client.delete(ofProject(name))).status).toBe(204);
    for (const client of [kim, kimThere])
      await within(EFFECTIVE_MS, 'the right to end', async () => (await client.get(configMaps())).status === 403);
    expect((await kim.get(ofProject())).status).toBe(403);
    expect((await archon.client.delete(ofProject(name))).status).toBe(404);
  });

  it('PRJ-4 with a role of namespaces works in all of them, and manages none', async () => {
    const name = userName('dev');
    expect((await add(ofProject(), name, DEVELOPER)).status).toBe(201);
    const dev = await archon.as(name);
    expect((await dev.post(configMaps('c2'), { metadata: { name: uniqueName('a') } })).status).toBe(201);
    expect((await dev.get(`/acp/v1/projects/${project}`)).status).toBe(200);
    expect((await dev.get<{ items: object[] }>(`/acp/v1/projects/${project}/namespaces`)).body.items).toHaveLength(2);
    expect((await add(ofProject(), userName('other'), DEVELOPER, 'User', dev)).status).toBe(403);
    expect((await dev.post('/acp/v1/kubernetes/c1/general-namespaces', { project, name: 'mine' })).status).toBe(403);
    expect((await dev.delete(`/acp/v1/kubernetes/c1/namespaces/${namespace}`)).status).toBe(403);
  });

  it.each([
    ['a role that there is not', { subject: { kind: 'User', name: 'a@example.org' }, role: 'boss' }, 'role'],
    ['a role of the platform', { subject: { kind: 'User', name: 'a@example.org' }, role: 'platform-admin-system' }, 'role'],
    ['a reserved name', { subject: { kind: 'User', name: 'system:admin' }, role: DEVELOPER }, 'subject.name'],
    ['one of Archon’s own groups', { subject: { kind: 'Group', name: 'acp:platform:administrator' }, role: DEVELOPER }, 'subject.name'],
  ])('can not have %s', async (_, body, field) => {
    const answer = await archon.client.post<Status>(ofProject(), body);
    expect([answer.status, answer.body.details?.causes?.[0]?.field], answer.text).toEqual([422, field]);
  });
});

describe('a member of a namespace', () => {
  it('NS-18 is imported from the members of its project, one, several or all, but not the caller nor the first administrator', async () => {
    const of = await createProject();
    const names = ['ann', 'bob', 'cid'].map(userName);
    for (const name of names) await add(ofProject('', of), name, DEVELOPER);
    const chief = userName('chief');
    await add(ofProject('', of), chief, ADMIN);
    const client = await archon.as(chief);
    const imports = `/acp/v1/kubernetes/c1/namespaces/${of}-dev/memberimports`;
    const importable = async (query = '') =>
      (await client.get<List>(`${ofNamespace('', `${of}-dev`)}?importable=true${query}`)).body.items
        .map(({ subject }) => subject.name)
        .toSorted();
    expect(await importable()).toEqual(names.toSorted());
    expect(await importable(`&keyword=${names[1]?.slice(0, 6)}`)).toEqual([names[1]]);

    const one = await client.post<List>(imports, { users: [names[0]], role: DEVELOPER });
    expect(one.status, one.text).toBe(201);
    const wrong = await client.post<Status>(imports, { users: [names[1], chief, 'nobody@example.org'], role: DEVELOPER });
    expect([wrong.status, wrong.body.details?.causes?.map(({ field }) => field)]).toEqual([422, ['users[1]', 'users[2]']]);
    const all = await client.post<List>(imports, { all: true, role: NAMESPACE_ADMIN });
    expect(all.body.items.map(({ subject }) => subject.name).toSorted()).toEqual(names.slice(1).toSorted());
    expect(await importable()).toEqual([]);
  });

  it('NS-19 may be somebody who never logged in: the source is "-" until then; its rights end at once in the cluster, and so does its watch', {
    timeout: 60_000,
  }, async () => {
    const name = userName('new');
    const added = await add(ofNamespace(), name, DEVELOPER);
    expect([added.status, added.body.subject.source], added.text).toEqual([201, '-']);
    const [, there] = await both(name);
    const watch = await there.stream(`${configMaps()}?watch=true`);
    expect(watch.status).toBe(200);
    watch.body.resume();
    const ended = new Promise((resolve) => watch.body.once('close', resolve));
    const begin = performance.now();
    expect((await archon.client.delete(ofNamespace(name))).status).toBe(204);
    await within(EFFECTIVE_MS, 'the right to end', async () => (await there.get(configMaps())).status === 403);
    await ended;
    expect(performance.now() - begin).toBeLessThan(STREAM_MS);
  });

  it('NS-20 has exactly the same rights with the real kubectl', { timeout: 60_000 }, async () => {
    const name = userName('cli');
    await add(ofNamespace(), name, DEVELOPER);
    const kubectl = await archon.kubectl('c1', await archon.tokenOf(name));
    const may = async (...args: string[]) => (await kubectl.run(['auth', 'can-i', ...args])).stdout.trim();
    expect(await may('create', 'deployments', '-n', namespace)).toBe('yes');
    expect(await may('delete', 'resourcequotas', '-n', namespace)).toBe('no');
    expect(await may('get', 'pods', '-n', 'default')).toBe('no');
    expect(await may('create', 'rolebindings', '-n', namespace)).toBe('no');
    await kubectl.output(['create', 'configmap', 'by-kubectl', '-n', namespace]);
    expect((await kubectl.run(['get', 'configmaps', '-n', 'default'])).stderr).toContain('Forbidden');
    expect((await kubectl.run(['label', 'namespace', namespace, 'cpaas.io/project=other', '--overwrite'])).stderr).toContain('Forbidden');
  });

  it('is known by a group too', async () => {
    const group = uniqueName('team');
    expect((await add(ofNamespace(), group, DEVELOPER, 'Group')).status).toBe(201);
    const listed = (await archon.client.get<List>(`${ofNamespace()}?keyword=${group}`)).body.items;
    expect(listed).toEqual([expect.objectContaining({ subject: expect.objectContaining({ kind: 'Group', name: group }) })]);
    expect((await archon.client.delete(`${ofNamespace(group)}?kind=Group`)).status).toBe(204);
  });
});

/** What somebody may do, as `can-i` answers it: in two projects, in namespaces of each and of nobody, on the cluster and on the platform. */
async function rightsOf(client: ArchonClient, projects: readonly string[]): Promise<boolean[]> {
  const functions = [
    ['acp-namespaces', ['create', 'update', 'delete']],
    ['acp-resourcequotas', ['update']],
    ['platform-manage-projectmanage', ['get', 'update', 'delete']],
    ['project-manage-projectmembers', ['create']],
    ['platform-manage-userbindings', ['create']],
  ] as const;
  const ofFunctions = functions.flatMap(([name, actions]) =>
    actions.flatMap((action) => projects.map((of) => ({ function: name, action, project: of, cluster: 'c1', namespace: `${of}-dev` }))),
  );
  const ofClusters = ['pods', 'secrets', 'resourcequotas', 'namespaces', 'rolebindings'].flatMap((resource) =>
    ['get', 'create', 'delete'].flatMap((verb) =>
      [...projects.map((of) => `${of}-dev`), 'default', undefined].map((in_) => ({
        cluster: 'c1',
        verb,
        group: resource === 'rolebindings' ? 'rbac.authorization.k8s.io' : '',
        resource,
        ...(in_ === undefined ? {} : { namespace: in_ }),
      })),
    ),
  );
  const { body, text } = await client.post<{ items: { allowed: boolean }[] }>('/acp/v1/can-i', { items: [...ofFunctions, ...ofClusters] });
  expect(body.items, text).toHaveLength(ofFunctions.length + ofClusters.length);
  return body.items.map(({ allowed }) => allowed);
}

it('S-6: no sequence of calls gives anybody more than was granted', { timeout: volume({ ci: 600_000, nightly: 7_200_000 }) }, async () => {
  const number = seed();
  const pick = random(number);
  const of = await createProject();
  const other = await createProject();
  // 2,000 sequences of ten, many of which run into each other.
  const calls = volume({ ci: 20_000, nightly: 200_000 });
  const people = await Promise.all(
    [ADMIN, NAMESPACE_ADMIN, DEVELOPER].map(async (role) => {
      const name = userName(role);
      await add(role === ADMIN ? ofProject('', of) : ofNamespace('', `${of}-dev`), name, role);
      return { name, role, client: await archon.as(name) };
    }),
  );
  const before = await Promise.all(people.map(({ client }) => rightsOf(client, [of, other])));
  const roles = [ADMIN, NAMESPACE_ADMIN, DEVELOPER, 'platform-admin-system', 'platform-auditor-system'];
  const codes = new Map<number, number>();
  const one = async () => {
    const { client, name, role: own } = pick.of(people);
    // What an administrator grants to others is granted; what it takes for itself would not be.
    const target = own === DEVELOPER ? pick.of(people).name : name;
    const role = pick.of(roles);
    const [inProject, inNamespace] = [pick.of([of, other]), `${pick.of([of, other])}-dev`];
    const url = pick.of([ofProject('', inProject), ofNamespace('', inNamespace), '/acp/v1/members']);
    const { status } = await pick.of([
      () => client.post(url, { subject: { kind: 'User', name: target }, role, scope: 'platform' }),
      () => client.post(url, { subject: { kind: 'Group', name: 'everybody' }, role }),
      () => client.patch(`${url}/${target}`, { role }),
      () => client.post(`/acp/v1/kubernetes/c1/namespaces/${inNamespace}/memberimports`, { all: true, role }),
      () =>
        client.post('/acp/v1/roles', {
          metadata: { name: uniqueName('r') },
          spec: { level: 'project', displayName: 'x', rules: [{ function: '*', verbs: ['*'] }] },
        }),
      () => client.put(`/acp/v1/kubernetes/c1/general-namespaces/${inNamespace}`, { project: of }),
      () => client.patch(`/acp/v1/projects/${inProject}`, { spec: { administrators: [target] } }),
      () => client.patch(`/kubernetes/c1/api/v1/namespaces/${inNamespace}`, { metadata: { labels: { 'cpaas.io/project': of } } }),
      () =>
        client.post(`/kubernetes/c1/apis/rbac.authorization.k8s.io/v1/namespaces/${inNamespace}/rolebindings`, {
          metadata: { name: uniqueName('b') },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: target }],
        }),
    ])();
    codes.set(status, (codes.get(status) ?? 0) + 1);
  };
  let left = calls;
  const lane = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  // Not all were malformed, and some were what their caller may do.
  expect(codes.get(403) ?? 0).toBeGreaterThan(calls / 4);
  expect([...codes.keys()].some((code) => code >= 200 && code < 300)).toBe(true);
  expect([...codes.keys()].filter((code) => code >= 500)).toEqual([]);
  const after = await Promise.all(people.map(({ client }) => rightsOf(client, [of, other])));
  for (const [index, { role }] of people.entries()) expect(after[index], role).toEqual(before[index]);
  expect(new Set(before.map((table) => JSON.stringify(table))).size).toBe(people.length);
  accept({
    row: 'S-6',
    what: 'self-escalation by members of a project',
    volume: `${calls} calls of 3 roles, of which ${codes.get(403)} were forbidden`,
    result: `0 of ${before[0]?.length} answers of can-i differ for any of them`,
    seed: number,
  });
});
