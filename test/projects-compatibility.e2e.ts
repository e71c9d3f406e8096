import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { USER_BINDING_EXAMPLE } from '../apps/archon/src/members/user-binding-examples.js';
import { Archon } from './support/archon.js';
import { type KubernetesBody, uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import { OfficialApi } from './support/official.js';
import { finished, type OperationBody } from './support/operations.js';
import { eventually } from './support/wait-for.js';

interface List<T = KubernetesBody> {
  apiVersion: string;
  kind: string;
  metadata: { continue?: string };
  items: T[];
}
interface Binding extends KubernetesBody {
  spec: { subjects: { kind: string; name: string }[]; roleRef: string; scope: string; constraint: object[] };
}
type Status = { reason: string; message: string; details?: { causes?: { field: string; message: string }[] } };

const OWN = '/acp/v1/projects';
const PROJECTS = '/auth/v1/projects';
const BINDINGS = '/auth/v2/userbindings';
const NAMESPACES = '/auth/v1/projects/{name}/clusters/{cluster-name}/namespaces';
const v1 = new OfficialApi('auth.v1');
const v2 = new OfficialApi('auth.v2');

let archon: Archon;
let stranger: ArchonClient;

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['global', 'c1'] });
  stranger = await archon.as('stranger@example.org');
});
afterAll(() => archon?.dispose());

const namesOf = ({ items }: { items: KubernetesBody[] }) => items.map(({ metadata }) => metadata.name);

async function create(name: string, { spec = {}, metadata = {} }: { spec?: object; metadata?: object } = {}): Promise<string> {
  const answer = await archon.client.post(OWN, { metadata: { name, ...metadata }, spec: { clusters: [{ name: 'c1' }], ...spec } });
  expect(answer.status, answer.text).toBe(201);
  return name;
}

async function createNamespace(project: string, name: string, labels: object = {}): Promise<void> {
  const body = { name, project, labels };
  const answer = await archon.client.post('/acp/v1/kubernetes/c1/general-namespaces', body);
  expect(answer.status, answer.text).toBe(200);
}

const list = async (query: string, client = archon.client) => {
  const answer = await client.get<List>(`${PROJECTS}${query}`);
  v1.check('GET', PROJECTS, answer);
  return answer.body;
};

describe('GET /auth/v1/projects', () => {
  const team = uniqueName('team');
  let names: string[];
  beforeAll(async () => {
    names = [];
    for (const [index, displayName] of ['Shop', 'Shipping', 'Ledger'].entries())
      names.push(await create(`${team}-${index}`, { spec: { displayName }, metadata: { labels: { team } } }));
  }, 60_000);

  it('PRJ-1 answers the official shape with all that an administrator sees, and nothing to a stranger', async () => {
    const { apiVersion, kind, items } = await list(`?labelSelector=team%3D${team}`);
    expect([apiVersion, kind]).toEqual(['auth.alauda.io/v1', 'ProjectList']);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(items[0]).toMatchObject({ spec: { clusters: [{ name: 'c1', quota: {} }] }, status: { phase: 'Active' } });
    expect(namesOf(await list('', stranger))).toEqual([]);
  });

  it('shows to a member what it is a member of', async () => {
    const jane = await archon.as('jane@example.org');
    const added = { subject: { kind: 'User', name: 'jane@example.org' }, role: 'namespace-developer-system' };
    expect((await archon.client.post(`${OWN}/${names[1]}/members`, added)).status).toBe(201);
    expect(namesOf(await list('', jane))).toEqual([names[1]]);
  });

  it.each([
    ['fieldSelector=metadata.name%3D{1}', [1]],
    ['fieldSelector=metadata.name!%3D{1}', [0, 2]],
    ['sortBy=d,name', [2, 1, 0]],
    ['sortBy=a,name', [0, 1, 2]],
    ['filterBy=display-name,Sh', [0, 1]],
    ['filterBy=name,{1}', [1]],
    ['filterBy=display-name,Sh,name,{1}', [1]],
    ['filterBy=display-name,Ledger,name,{1}', []],
    ['limit=0', [0, 1, 2]],
  ])('selects and sorts by %s', async (query, expected) => {
    const asked = query.replaceAll('{1}', names[1] ?? '');
    expect(namesOf(await list(`?labelSelector=team%3D${team}&${asked}`))).toEqual(expected.map((index) => names[index]));
  });

  it('comes page by page', async () => {
    const first = await list(`?labelSelector=team%3D${team}&limit=2`);
    const second = await list(`?labelSelector=team%3D${team}&limit=2&continue=${first.metadata.continue}`);
    expect([namesOf(first), namesOf(second), second.metadata.continue]).toEqual([names.slice(0, 2), names.slice(2), undefined]);
  });

  it.each([
    ['sortBy=b,name', 422],
    ['sortBy=a,age', 422],
    ['filterBy=name', 422],
    ['filterBy=owner,x', 422],
    ['fieldSelector=spec.x%3Dy', 400],
    ['labelSelector=a%20b', 400],
    ['continue=%21', 400],
    ['limit=-1', 422],
    ['watch=true', 405],
  ])('refuses %s', async (query, code) => {
    expect((await archon.client.get(`${PROJECTS}?${query}`)).status).toBe(code);
  });
});

describe('GET /auth/v1/projects/{name}/clusters/{cluster-name}/namespaces', () => {
  it('NS-12 lists the namespaces of a project in a cluster to those who may see them', async () => {
    const project = await create(uniqueName('p'));
    for (const name of ['a', 'b']) await createNamespace(project, `${project}-${name}`, { part: name });
    const ask = async (query = '', client = archon.client) => {
      const answer = await client.get<List>(`${PROJECTS}/${project}/clusters/c1/namespaces${query}`);
      if (answer.status === 200) v1.check('GET', NAMESPACES, answer);
      return answer;
    };
    const { body } = await ask();
    expect([body.apiVersion, body.kind, namesOf(body)]).toEqual(['v1', 'NamespaceList', [`${project}-a`, `${project}-b`]]);
    expect(body.items[0]).toMatchObject({ kind: 'Namespace', spec: {}, metadata: { labels: { 'cpaas.io/project': project } } });
    expect(namesOf((await ask('?labelSelector=part%3Db')).body)).toEqual([`${project}-b`]);
    expect(namesOf((await ask(`?fieldSelector=metadata.name%3D${project}-a`)).body)).toEqual([`${project}-a`]);
    expect(namesOf((await ask('?sortBy=d,name&limit=1')).body)).toEqual([`${project}-b`]);
    expect(namesOf((await ask(`?filterBy=name,${project}-a`)).body)).toEqual([`${project}-a`]);
    const elsewhere = await archon.client.get<List>(`${PROJECTS}/${project}/clusters/global/namespaces`);
    v1.check('GET', NAMESPACES, elsewhere);
    expect(namesOf(elsewhere.body)).toEqual([]);
    expect((await ask('', stranger)).status).toBe(403);
  });
});

describe('DELETE /auth/v1/projects/{project-name}', () => {
  it.each([
    ['?reclaim=true', false],
    ['?reclaim=false', true],
    ['', true],
  ])('PRJ-6 with %s', async (query, isKept) => {
    const project = await create(uniqueName('p'));
    await createNamespace(project, `${project}-a`);
    expect((await stranger.delete(`${PROJECTS}/${project}${query}`)).status).toBe(403);
    const deleted = await archon.client.delete<OperationBody>(`${PROJECTS}/${project}${query}`);
    v1.check('DELETE', `${PROJECTS}/{project-name}`, deleted);
    expect((await finished(archon.client, deleted.body, 60_000)).phase).toBe('Succeeded');
    const namespace = await archon.client.get(`/kubernetes/c1/api/v1/namespaces/${project}-a`);
    expect(namespace.status).toBe(isKept ? 200 : 404);
    expect((await archon.client.delete(`${PROJECTS}/${project}${query}`)).status).toBe(404);
  });

  it('PRJ-6 refuses another word for reclaim', async () => {
    const answer = await archon.client.delete<Status>(`${PROJECTS}/any?reclaim=maybe`);
    v1.check('DELETE', `${PROJECTS}/{project-name}`, answer);
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining('reclaim')]);
  });
});

describe('/auth/v2/userbindings', () => {
  let project: string;
  beforeAll(async () => {
    project = await create(uniqueName('p'));
    await createNamespace(project, `${project}-dev`);
  }, 60_000);

  const bind = (spec: object, client = archon.client, more: object = {}) =>
    client.post<Binding & Status>(BINDINGS, { apiVersion: 'auth.alauda.io/v1', kind: 'UserBinding', spec, ...more });
  const bindings = async (query = '', client = archon.client) => {
    const answer = await client.get<List<Binding>>(`${BINDINGS}${query}`);
    v2.check('GET', BINDINGS, answer);
    return answer.body;
  };
  const user = (name: string) => [{ kind: 'User', name }];

  it('NS-18 makes the administrator of its example a member, who sees its own binding', async () => {
    const body = { ...USER_BINDING_EXAMPLE, spec: { ...USER_BINDING_EXAMPLE.spec, constraint: [{ project }] } };
    const answer = await archon.client.post<Binding>(BINDINGS, body);
    v2.check('POST', BINDINGS, answer);
    expect(answer.body.spec).toEqual(body.spec);
    expect(answer.body.metadata).toMatchObject({
      labels: {
        'cpaas.io/project': project,
        'auth.cpaas.io/role.name': 'project-admin-system',
        'auth.cpaas.io/role.level': 'project',
        'auth.cpaas.io/user.email': createHash('md5').update('jane@example.org').digest('hex'),
      },
      annotations: { 'auth.cpaas.io/user.email': 'jane@example.org', 'cpaas.io/creator': 'admin' },
    });
    const jane = await archon.as('jane@example.org');
    expect((await jane.get(`${OWN}/${project}`)).status).toBe(200);
    expect(namesOf(await bindings('', jane))).toContain(answer.body.metadata.name);
    expect((await archon.client.post(BINDINGS, body)).status).toBe(409);
  });

  it.each([
    ['platform', 'platform-auditor-system', () => []],
    ['cluster', 'platform-auditor-system', () => [{ cluster: 'c1' }]],
    ['project', 'namespace-developer-system', () => [{ project }]],
    ['namespace', 'namespace-admin-system', () => [{ project, cluster: 'c1', namespace: `${project}-dev` }]],
  ])('PERM-1 gives roles to groups on a %s, and ends them again', async (scope, roleRef, constraint) => {
    const name = `group-${scope}`;
    const made = await bind({ subjects: [{ kind: 'Group', name }], roleRef, scope, constraint: constraint() });
    v2.check('POST', BINDINGS, made);
    expect(made.body.spec).toEqual({ subjects: [{ kind: 'Group', name }], roleRef, scope, constraint: constraint() });
    expect(made.body.metadata.labels).toMatchObject({ 'auth.cpaas.io/group.name': name });
    const selected = await bindings(`?labelSelector=auth.cpaas.io/group.name%3D${name}`);
    expect(namesOf(selected)).toEqual([made.body.metadata.name]);
    const ended = await archon.client.delete<Binding>(`${BINDINGS}/${made.body.metadata.name}`);
    v2.check('DELETE', `${BINDINGS}/{name}`, ended);
    expect(ended.body.spec.subjects[0]?.name).toBe(name);
    expect((await archon.client.delete(`${BINDINGS}/${made.body.metadata.name}`)).status).toBe(404);
  });

  it('reads a binding of labels and annotations only', async () => {
    const answer = await archon.client.post<Binding>(BINDINGS, {
      apiVersion: 'auth.alauda.io/v1',
      kind: 'UserBinding',
      metadata: {
        labels: {
          'auth.cpaas.io/role.name': 'namespace-developer-system',
          'auth.cpaas.io/role.level': 'namespace',
          'cpaas.io/project': project,
          'cpaas.io/cluster': 'c1',
          'cpaas.io/namespace': `${project}-dev`,
        },
        annotations: { 'auth.cpaas.io/user.email': 'joe@example.org' },
      },
    });
    v2.check('POST', BINDINGS, answer);
    expect(answer.body.spec).toEqual({
      subjects: user('joe@example.org'),
      roleRef: 'namespace-developer-system',
      scope: 'namespace',
      constraint: [{ project, cluster: 'c1', namespace: `${project}-dev` }],
    });
  });

  it('S-6 gives nothing that the caller does not manage, and shows nothing either', async () => {
    const mine = { subjects: user('stranger@example.org'), roleRef: 'project-admin-system', scope: 'project', constraint: [{ project }] };
    expect((await bind(mine, stranger)).status).toBe(403);
    expect((await bind({ ...mine, roleRef: 'platform-admin-system', scope: 'platform', constraint: [] }, stranger)).status).toBe(403);
    expect((await bindings('', stranger)).items).toEqual([]);
    const lead = await archon.as('lead@example.org');
    expect((await bind({ ...mine, subjects: user('lead@example.org') })).status).toBe(201);
    expect((await bind({ ...mine, subjects: user('max@example.org') }, lead)).status).toBe(201);
    expect((await bind({ ...mine, roleRef: 'platform-admin-system', scope: 'platform', constraint: [] }, lead)).status).toBe(403);
    const seen = await bindings('', lead);
    expect(new Set(seen.items.map(({ spec }) => JSON.stringify((spec.constraint[0] as { project: string }).project)))).toEqual(
      new Set([JSON.stringify(project)]),
    );
    const [first] = seen.items;
    expect((await stranger.delete(`${BINDINGS}/${first?.metadata.name}`)).status).toBe(404);
  });

  it('ends all that a selector names, and never all there are', async () => {
    for (const name of ['one@example.org', 'two@example.org'])
      expect(
        (await bind({ subjects: user(name), roleRef: 'namespace-admin-system', scope: 'project', constraint: [{ project }] })).status,
      ).toBe(201);
    const query = `?labelSelector=cpaas.io/project%3D${project},auth.cpaas.io/role.name%3Dnamespace-admin-system`;
    expect((await stranger.delete<List>(`${BINDINGS}${query}`)).body.items).toEqual([]);
    expect((await archon.client.delete(BINDINGS)).status).toBe(422);
    const ended = await archon.client.delete<List>(`${BINDINGS}${query}`);
    v2.check('DELETE', BINDINGS, ended);
    expect(ended.body.items).toHaveLength(2);
    expect((await bindings(query)).items).toEqual([]);
  });

  it.each([
    ['spec.subjects', { subjects: [] }],
    ['spec.subjects', { subjects: [...user('a@example.org'), ...user('b@example.org')] }],
    ['spec.subjects[0].kind', { subjects: [{ kind: 'ServiceAccount', name: 'a' }] }],
    ['spec.roleRef', { roleRef: '' }],
    ['spec.scope', { scope: 'galaxy' }],
    ['spec.constraint', { constraint: [{ project: 'a' }, { project: 'b' }] }],
    ['spec.constraint[0].project', { constraint: [] }],
    ['spec.constraint[0].cluster', { constraint: [{ project: 'a', cluster: 'c1' }] }],
    ['role', { roleRef: 'no-such-role' }],
    ['role', { roleRef: 'platform-admin-system' }],
  ])('refuses a wrong %s', async (field, wrong) => {
    const spec = {
      subjects: user('a@example.org'),
      roleRef: 'project-admin-system',
      scope: 'project',
      constraint: [{ project }],
      ...wrong,
    };
    const { status, body } = await bind(spec);
    expect([status, body.details?.causes?.[0]?.field]).toEqual([422, field]);
  });
});

describe('kubectl on the global cluster', () => {
  const manifest = (name: string, spec: object = {}, metadata: object = {}) =>
    JSON.stringify({
      apiVersion: 'auth.alauda.io/v1',
      kind: 'Project',
      metadata: { name, ...metadata },
      spec: { clusters: [{ name: 'c1', quota: { pods: '5' } }], ...spec },
    });

  it('PRJ-1 creates, applies, gets, labels, explains and deletes a project', { timeout: 120_000 }, async () => {
    const kubectl = await archon.kubectl('global');
    const name = uniqueName('shop');
    await kubectl.output(['create', '-f', '-'], { stdin: manifest(name, { displayName: 'Shop' }) });
    const header = await kubectl.output(['get', 'projects', name]);
    expect(header.split('\n')[0]?.split(/\s{2,}/)).toEqual(['NAME', 'PHASE', 'CLUSTERS', 'AGE']);
    expect(header.split('\n')[1]).toMatch(new RegExp(`^${name} +Active +c1 +\\d+s$`));
    expect(await kubectl.output(['get', 'projects', '-o', 'wide', '--no-headers'])).toMatch(new RegExp(`${name} +Active .* Shop`));
    expect(await kubectl.output(['get', 'project.auth.alauda.io', name, '-o', 'jsonpath={.spec.clusters[0].quota.pods}'])).toBe('5');
    expect(await kubectl.output(['get', 'projects', '-o', 'name'])).toContain(`project.auth.alauda.io/${name}`);

    const applied = manifest(name, { clusters: [{ name: 'c1', quota: { pods: '7' } }] });
    expect(await kubectl.output(['apply', '-f', '-'], { stdin: applied })).toContain('configured');
    expect(await kubectl.output(['apply', '-f', '-'], { stdin: applied })).toContain('unchanged');
    await kubectl.output(['label', 'project', name, 'team=red']);
    await kubectl.output(['patch', 'project', name, '--type=merge', '-p', '{"spec":{"clusterDeletePolicy":"Delete"}}']);
    expect(await kubectl.output(['get', 'projects', '-l', 'team=red', '-o', 'name'])).toContain(name);
    const { body } = await archon.client.get<{ spec: object }>(`${OWN}/${name}`);
    expect(body.spec).toMatchObject({ clusters: [{ name: 'c1', quota: { pods: '7' } }], clusterDeletePolicy: 'Delete' });
    const serverSide = await kubectl.run(['apply', '--server-side', '-f', '-'], { stdin: applied });
    expect([serverSide.code, serverSide.stderr]).toEqual([1, expect.stringContaining('application/merge-patch+json')]);
    expect(await kubectl.output(['explain', 'projects.spec.clusterDeletePolicy'])).toContain('Retain');

    await createNamespace(name, `${name}-a`);
    expect(await kubectl.output(['delete', 'project', name, '--timeout=60s'], { timeoutMs: 60_000 })).toContain('deleted');
    expect((await archon.client.get(`${OWN}/${name}`)).status).toBe(404);
    expect((await archon.client.get(`/kubernetes/c1/api/v1/namespaces/${name}-a`)).status).toBe(404);
    expect(await kubectl.run(['get', 'project', name])).toMatchObject({ code: 1, stderr: expect.stringContaining('NotFound') });
  });

  it('PRJ-1 shows to a member its own project only, and to a stranger none', async () => {
    const [name, other] = [await create(uniqueName('p')), await create(uniqueName('p'))];
    const added = { subject: { kind: 'User', name: 'dev@example.org' }, role: 'project-admin-system' };
    expect((await archon.client.post(`${OWN}/${name}/members`, added)).status).toBe(201);
    const developer = await archon.kubectl('global', await archon.tokenOf('dev@example.org'));
    expect(await developer.output(['get', 'projects', '-o', 'name'])).toBe(`project.auth.alauda.io/${name}\n`);
    expect(await developer.run(['get', 'project', other])).toMatchObject({ code: 1, stderr: expect.stringContaining('Forbidden') });
    expect(await developer.run(['create', '-f', '-'], { stdin: manifest(uniqueName('p')) })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Forbidden'),
    });
    const unknown = await archon.kubectl('global', await archon.tokenOf('stranger@example.org'));
    expect((await unknown.run(['get', 'projects'])).stderr).toContain('No resources found');
    expect((await unknown.run(['delete', 'project', name])).stderr).toContain('Forbidden');
  });

  const OBJECTS = '/apis/auth.alauda.io/v1/projects';

  it.each([OBJECTS, `/kubernetes/global${OBJECTS}`, `/api-gateway/kubernetes/global${OBJECTS}`])(
    'PRJ-1 is answered on %s',
    async (path) => {
      const name = uniqueName('p');
      expect((await archon.client.post<Status>(`${path}?dryRun=All`, JSON.parse(manifest(name)))).status).toBe(201);
      expect((await archon.client.get(`${path}/${name}`)).status).toBe(404);
      const created = await archon.client.post<KubernetesBody>(path, JSON.parse(manifest(name)));
      expect(created.status, created.text).toBe(201);
      expect((await archon.client.get<KubernetesBody>(`${path}/${name}`)).body.metadata.uid).toBe(created.body.metadata.uid);
      expect(namesOf((await archon.client.get<List>(`${path}?fieldSelector=metadata.name%3D${name}`)).body)).toEqual([name]);
      const patched = await archon.client.patch<KubernetesBody>(`${path}/${name}`, { metadata: { labels: { a: 'b' } } });
      expect(patched.body.metadata.labels).toMatchObject({ a: 'b' });
      const other = { preconditions: { uid: '6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52' } };
      const json = { 'content-type': 'application/json' };
      expect((await archon.client.request('DELETE', `${path}/${name}`, JSON.stringify(other), json)).status).toBe(409);
      expect((await archon.client.delete(`${path}/${name}?dryRun=All`)).status).toBe(400);
      const deleted = await archon.client.delete<{ status: string }>(`${path}/${name}`);
      expect([deleted.status, deleted.body.status]).toEqual([200, 'Success']);
      expect((await archon.client.get(`${path}/${name}`)).status).toBe(404);
    },
  );

  it("refuses a watch, somebody else's name, and whoever has no token", async () => {
    const watched = await archon.client.get<Status>(`${OBJECTS}?watch=true`);
    expect([watched.status, watched.body.reason]).toEqual([405, 'MethodNotAllowed']);
    const kubectl = await archon.kubectl('global');
    expect((await kubectl.run(['get', 'projects', '--as', 'jane@example.org'])).stderr).toContain('Impersonate-User');
    expect((await archon.client.as('nonsense').get(`/kubernetes/global${OBJECTS}`)).status).toBe(401);
  });

  it('asks no cluster: what is written past Archon into the definition is not shown', async () => {
    const direct = await archon.client.get<List>('/kubernetes/global/apis/auth.alauda.io/v1/projects/any/status');
    expect(direct.status).toBe(404);
    expect((await archon.client.get('/kubernetes/c1/apis/auth.alauda.io/v1/projects')).status).toBe(404);
  });
});

interface ProjectQuota extends KubernetesBody {
  spec: { hard: Record<string, string> };
  status: { hard: Record<string, string>; used: Record<string, string> };
}

describe('projectquotas', () => {
  const path = (name: string, cluster = 'c1') => `/kubernetes/${cluster}/apis/auth.alauda.io/v1/projectquotas/${name}`;
  const isSaid = (name: string, expected: object) =>
    eventually(
      async () => {
        const { status, body } = await archon.client.get<ProjectQuota>(path(name));
        expect([status, body.spec, body.status]).toEqual([200, { hard: expect.anything() }, expected]);
        return true;
      },
      { what: `the ProjectQuota "${name}" to say ${JSON.stringify(expected)}`, timeoutMs: 40_000 },
    );

  it('PRJ-3 mirror the ledger in each cluster, are put back, and go with the project', { timeout: 150_000 }, async () => {
    const hard = { 'limits.cpu': '4', pods: '10' };
    const name = await create(uniqueName('p'), { spec: { clusters: [{ name: 'c1', quota: hard }], clusterDeletePolicy: 'Delete' } });
    const made = { name: `${name}-a`, project: name, quota: { 'limits.cpu': '1500m', pods: '4' } };
    expect((await archon.client.post('/acp/v1/kubernetes/c1/general-namespaces', made)).status).toBe(200);
    await isSaid(name, { hard, used: { 'limits.cpu': '1500m', pods: '4' } });
    expect((await archon.client.get(path(name, 'global'))).status).toBe(404);

    const forged = await archon.client.patch(path(name), { status: { used: { pods: '0' } }, spec: { hard: { pods: '99' } } });
    expect(forged.status, forged.text).toBe(200);
    await isSaid(name, { hard, used: { 'limits.cpu': '1500m', pods: '4' } });
    expect((await archon.client.get<ProjectQuota>(path(name))).body.spec.hard).toEqual(hard);

    const more = { spec: { clusters: [{ name: 'c1', quota: { 'limits.cpu': '6' } }] } };
    expect((await archon.client.patch(`${OWN}/${name}`, more)).status).toBe(200);
    await isSaid(name, { hard: { 'limits.cpu': '6' }, used: { 'limits.cpu': '1500m', pods: '4' } });

    const { body } = await archon.client.delete<OperationBody>(`${OWN}/${name}?namespaces=delete`);
    expect((await finished(archon.client, body, 60_000)).phase).toBe('Succeeded');
    expect((await archon.client.get(path(name))).status).toBe(404);
  });
});
