import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORM_EXAMPLE, OBJECTS_EXAMPLE } from '../apps/archon/src/namespaces/namespace-examples.js';
import { Archon } from './support/archon.js';
import { type KubernetesBody, uniqueName } from './support/cluster-objects.js';
import { finished, type OperationBody } from './support/operations.js';
import { eventually } from './support/wait-for.js';

interface GeneralNamespace {
  namespace: KubernetesBody;
  resourcequota?: KubernetesBody & { spec: { hard: Record<string, string> } };
  limitrange?: KubernetesBody & { spec: { limits: object[] } };
  warnings?: string[];
}
interface Item {
  metadata: { name: string; labels: Record<string, string> };
  cluster: string;
  status: {
    state: string;
    phase: string;
    hard: Record<string, string>;
    used: Record<string, string>;
    drift: { target: string; reason: string; repairedAt?: string }[];
  };
}
type List = { metadata: { continue?: string; remainingItemCount: number }; items: Item[] };
type Status = { reason: string; message: string; details?: { causes?: { field: string; message: string }[] } };

const QUOTA = { 'limits.cpu': '4', pods: '10', 'requests.nvidia.com/gpualloc': '0' };
const DRIFT_MS = 20_000;

let archon: Archon;
let project: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'archon-namespaces-'));
  const pullSecret = path.join(folder, 'registry.json');
  await writeFile(pullSecret, JSON.stringify({ auths: { 'registry.example.org': { auth: 'YTpi' } } }));
  archon = await Archon.start({ clusters: ['c1', 'c2'], settings: { ARCHON_PULL_SECRET_FILE: pullSecret } });
  project = await createProject();
});
afterAll(async () => {
  await archon?.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function createProject(clusters: object[] = [{ name: 'c1' }, { name: 'c2' }], spec: object = {}): Promise<string> {
  const name = uniqueName('ns');
  const { status, text } = await archon.client.post('/acp/v1/projects', { metadata: { name }, spec: { clusters, ...spec } });
  expect(status, text).toBe(201);
  return name;
}

const general = (cluster: string, name = '') => `/acp/v1/kubernetes/${cluster}/general-namespaces${name === '' ? '' : `/${name}`}`;
const root = (cluster: string, name: string) => `/acp/v1/kubernetes/${cluster}/namespaces/${name}`;
const inCluster = (cluster: string, path: string) => archon.client.get<KubernetesBody>(`/kubernetes/${cluster}/api/v1/namespaces/${path}`);
const create = (body: object, cluster = 'c1') => archon.client.post<GeneralNamespace & Status>(general(cluster), { project, ...body });

async function created(body: object, cluster = 'c1'): Promise<GeneralNamespace> {
  const answer = await create(body, cluster);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

/** A namespace that no project holds. */
async function foreign(cluster: string, objects: { quotas?: object[]; ranges?: object[] } = {}): Promise<string> {
  const name = uniqueName('legacy');
  const { client } = archon;
  expect((await client.post(`/kubernetes/${cluster}/api/v1/namespaces`, { metadata: { name } })).status).toBe(201);
  const make = async (resource: string, all: object[]) => {
    for (const object of all) {
      const { status, text } = await client.post(`/kubernetes/${cluster}/api/v1/namespaces/${name}/${resource}`, object);
      expect(status, text).toBe(201);
    }
  };
  await make('resourcequotas', objects.quotas ?? []);
  await make('limitranges', objects.ranges ?? []);
  return name;
}
const quota = (name: string, hard: object) => ({ metadata: { name }, spec: { hard } });
const range = (name: string, cpu: string) => ({ metadata: { name }, spec: { limits: [{ type: 'Container', default: { cpu } }] } });

describe('a new namespace', () => {
  it('NS-1 takes the form or the objects themselves, and has the name of its project before its own', async () => {
    const form = await created({ ...FORM_EXAMPLE, project, name: 'form' });
    expect(form.namespace.metadata).toMatchObject({
      name: `${project}-form`,
      labels: { 'cpaas.io/project': project, 'cpaas.io/cluster': 'c1', 'pod-security.kubernetes.io/enforce': 'baseline' },
      annotations: { 'cpaas.io/display-name': FORM_EXAMPLE.displayName },
    });
    const namespace = { ...OBJECTS_EXAMPLE.namespace, metadata: { name: `${project}-objects`, labels: { 'cpaas.io/project': project } } };
    const answer = await archon.client.post<GeneralNamespace>(`${general('c1')}?project_name=${project}`, {
      ...OBJECTS_EXAMPLE,
      namespace,
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.resourcequota?.spec.hard).toEqual({ 'limits.cpu': '2' });
    for (const [name, field] of [
      ['Upper', 'metadata.name'],
      ['a'.repeat(63), 'metadata.name'],
      [project, 'metadata.name'],
    ]) {
      const refused = await create({ name });
      expect([refused.status, refused.body.details?.causes?.[0]?.field], name).toEqual([422, field]);
    }
    expect((await create({ name: 'form' })).status).toBe(409);
    expect((await create({ name: 'odd', quotas: {} })).status).toBe(422);
  });

  it('NS-2 comes out of what its project has left there; too much, or nothing left, is refused with the numbers', async () => {
    const of = await createProject([{ name: 'c1', quota: { 'limits.cpu': '4', pods: '10' } }]);
    await created({ project: of, name: 'a', quota: { 'limits.cpu': '3', pods: '10' } });
    const more = await create({ project: of, name: 'b', quota: { 'limits.cpu': '2' } });
    expect([more.status, more.body.reason]).toEqual([403, 'Forbidden']);
    expect(more.body.message).toMatch(/limits\.cpu .*asks for 2, and 1 of 4 is available/);
    const none = await create({ project: of, name: 'c', quota: { 'limits.cpu': '1' } });
    expect([none.status, none.body.details?.causes?.map(({ field }) => field)]).toEqual([403, ['resourcequota.spec.hard[pods]']]);
    expect((await inCluster('c1', `${of}-c`)).status).toBe(404);
  });

  it('NS-2 would it fit? A dry run tells, and changes nothing', async () => {
    const of = await createProject([{ name: 'c1', quota: { pods: '10' } }]);
    const dry = (pods: string) =>
      archon.client.post<GeneralNamespace>(`${general('c1')}?dryRun=All`, { project: of, name: 'dry', quota: { pods } });
    expect((await dry('10')).body.resourcequota?.spec.hard).toEqual({ pods: '10' });
    expect((await dry('11')).status).toBe(403);
    expect((await inCluster('c1', `${of}-dry`)).status).toBe(404);
    await created({ project: of, name: 'dry', quota: { pods: '10' } });
  });

  it('NS-3 limits the storage of a class that its project may use, and of no other', async () => {
    const of = await createProject([{ name: 'c1' }], { resources: { storageClasses: ['fast'] } });
    const key = (name: string) => ({ [`${name}.storageclass.storage.k8s.io/requests.storage`]: '10Gi' });
    expect((await created({ project: of, name: 'fast', quota: key('fast') })).resourcequota?.spec.hard).toEqual(key('fast'));
    const { status, body } = await create({ project: of, name: 'slow', quota: key('slow') });
    expect([status, body.details?.causes?.[0]?.message]).toEqual([422, expect.stringContaining('"slow" is not assigned')]);
  });

  it('NS-4 counts GPUs in their units: whole pGPUs, 100 vGPUs each', async () => {
    expect((await created({ name: 'gpu', quota: { 'requests.nvidia.com/gpu': '2' } })).resourcequota?.spec.hard).toEqual({
      'requests.nvidia.com/gpu': '2',
    });
    expect((await create({ name: 'half', quota: { 'requests.nvidia.com/gpu': '0.5' } })).status).toBe(422);
  });

  it('NS-4 offers the quota types that the cluster describes, and GPUs only where a node has them', async () => {
    const keys = async () => {
      const { status, body, text } = await archon.client.get<{ items: { key: string }[] }>('/acp/v1/kubernetes/c2/quota-types');
      expect(status, text).toBe(200);
      return body.items.map(({ key }) => key);
    };
    const device = `example.org/${uniqueName('device')}`;
    const path = '/kubernetes/c2/api/v1/namespaces/kube-public/configmaps';
    const names = [uniqueName('device'), uniqueName('vcuda')];
    const describe = (name: string | undefined, key: string) => {
      const labels = { 'features.cpaas.io/type': 'CustomResourceLimitation', 'features.cpaas.io/enabled': 'true' };
      return archon.client.post(path, { metadata: { name, labels }, data: { key, labelEn: 'A device' } });
    };
    const before = await keys();
    try {
      expect((await describe(names[0], device)).status).toBe(201);
      expect((await describe(names[1], 'tencent.com/vcuda-core')).status).toBe(201);
      expect((await keys()).filter((key) => !before.includes(key))).toEqual([`requests.${device}`]);
    } finally {
      for (const name of names) await archon.client.delete(`${path}/${name}`);
    }
  });

  it('NS-5 takes custom quota names as the guide has them', async () => {
    expect((await created({ name: 'custom', quota: { 'requests.example.org/licence': '3' } })).resourcequota?.spec.hard).toEqual({
      'requests.example.org/licence': '3',
    });
    expect((await create({ name: 'uncustom', quota: { '-x-/licence': '3' } })).status).toBe(422);
  });

  it('NS-6 holds Namespace, quota and limits called default, and a binding to groups for each role, all or nothing', async () => {
    await created({ name: 'whole', quota: { pods: '3' }, limitRange: { default: { cpu: '500m' } } });
    const name = `${project}-whole`;
    expect((await inCluster('c1', `${name}/resourcequotas/default`)).status).toBe(200);
    expect((await inCluster('c1', `${name}/limitranges/default`)).status).toBe(200);
    const bindings = await archon.client.get<{ items: (KubernetesBody & { subjects: { name: string }[]; roleRef: { name: string } })[] }>(
      `/kubernetes/c1/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings`,
    );
    const developer = bindings.body.items.find(({ metadata }) => metadata.name === 'archon:namespace-developer-system');
    expect(developer?.roleRef.name).toBe('archon:namespace-developer-system');
    expect(developer?.subjects.map((subject) => subject.name)).toEqual([
      `acp:project:${project}:namespace-developer-system`,
      `acp:namespace:c1:${name}:namespace-developer-system`,
    ]);
    // Somebody else's namespace of that name: nothing of it is touched, and no quota is taken.
    const other = `${project}-taken`;
    await archon.client.post('/kubernetes/c1/api/v1/namespaces', { metadata: { name: other } });
    const { status, body } = await create({ name: 'taken', quota: { pods: '3' } });
    expect([status, body.message]).toEqual([409, expect.stringContaining('nothing was changed')]);
    expect((await inCluster('c1', other)).body.metadata.labels).not.toHaveProperty('cpaas.io/project');
    expect((await archon.client.get(root('c1', other))).status).toBe(404);
  });

  it('NS-6 what is removed or changed by hand is put back, and the drift is told', { timeout: 60_000 }, async () => {
    await created({ name: 'drift', quota: { pods: '3' } });
    const name = `${project}-drift`;
    const drift = async () =>
      (await archon.client.get<List>(`/acp/v1/projects/${project}/namespaces?keyword=${name}`)).body.items[0]?.status.drift ?? [];
    const binding = `/kubernetes/c1/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings/archon:namespace-admin-system`;
    expect((await archon.client.delete(binding)).status).toBe(200);
    expect((await archon.client.delete(`/kubernetes/c1/api/v1/namespaces/${name}/resourcequotas/default`)).status).toBe(200);
    await eventually(async () => (await drift()).length >= 2, { what: 'the drift to be found', timeoutMs: DRIFT_MS });
    expect((await archon.client.get(binding)).status).toBe(200);
    expect((await inCluster('c1', `${name}/resourcequotas/default`)).status).toBe(200);
    expect(await drift()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ target: 'ResourceQuota "default"', reason: 'Missing', repairedAt: expect.any(String) }),
      ]),
    );
  });
});

describe('a namespace that exists', () => {
  it('NS-7 is imported with the same powers, into one project at a time, on a cluster of the project', { timeout: 30_000 }, async () => {
    const name = await foreign('c1');
    const importable = await archon.client.get<{ items: { name: string }[] }>(`${general('c1')}?importable=true&project_name=${project}`);
    expect(importable.body.items.map((item) => item.name)).toContain(name);
    expect(importable.body.items.map((item) => item.name)).not.toContain('kube-system');
    const answer = await archon.client.put<GeneralNamespace>(general('c1', name), { project, quota: { pods: '7' } });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.namespace.metadata.labels).toMatchObject({ 'cpaas.io/project': project });
    expect(answer.body.resourcequota?.spec.hard).toEqual({ pods: '7' });
    const other = await createProject();
    const again = await archon.client.put<Status>(general('c1', name), { project: other });
    expect([again.status, again.body.reason]).toEqual([409, 'Conflict']);
    const only = await createProject([{ name: 'c1' }]);
    const elsewhere = await archon.client.put<Status>(general('c2', await foreign('c2')), { project: only });
    expect([elsewhere.status, elsewhere.body.message]).toEqual([422, expect.stringContaining('has no share of the cluster "c2"')]);
    expect((await archon.client.put(general('c1', 'kube-system'), { project })).status).toBe(403);
    expect((await archon.client.put(general('c1', 'nothing-here'), { project })).status).toBe(404);
  });

  it('NS-7 is not imported over a Secret that somebody else has made in the place of the pull secret', async () => {
    const name = await foreign('c1');
    const secret = { metadata: { name: 'archon-registry' }, data: { token: 'bWluZQ==' } };
    const { status: made } = await archon.client.post(`/kubernetes/c1/api/v1/namespaces/${name}/secrets`, secret);
    expect(made).toBe(201);
    for (const query of ['?dryRun=All', '']) {
      const { status, body } = await archon.client.put<Status>(`${general('c1', name)}${query}`, { project, quota: { pods: '7' } });
      expect([status, body.reason, body.message]).toEqual([409, 'Conflict', expect.stringMatching(/Secret "archon-registry".*delete/)]);
    }
    expect((await inCluster('c1', `${name}/secrets/archon-registry`)).body).toMatchObject({ type: 'Opaque', data: secret.data });
    expect((await inCluster('c1', name)).body.metadata.labels).not.toHaveProperty('cpaas.io/project');
    expect((await inCluster('c1', `${name}/resourcequotas/default`)).status).toBe(404);
  });

  it('NS-8 with several quotas gets one of the least of each type, as in the FAQ of the guide, and a warning', async () => {
    const name = await foreign('c1', {
      quotas: [
        quota('a', { 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '3', 'limits.memory': '1Gi' }),
        quota('b', { 'requests.cpu': '2', 'requests.memory': '300Mi', 'limits.cpu': '2', 'limits.memory': '2Gi' }),
      ],
    });
    const { body } = await archon.client.put<GeneralNamespace>(general('c1', name), { project });
    expect(body.resourcequota?.spec.hard).toEqual({
      'requests.cpu': '1',
      'requests.memory': '300Mi',
      'limits.cpu': '2',
      'limits.memory': '1Gi',
    });
    expect(body.warnings).toEqual([expect.stringContaining('a, b')]);
    expect((await inCluster('c1', `${name}/resourcequotas/a`)).status).toBe(200);
  });

  it('NS-9 with one LimitRange gets its values as default; with several none, and a warning', async () => {
    const one = await foreign('c1', { ranges: [range('mine', '300m')] });
    const imported = await archon.client.put<GeneralNamespace>(general('c1', one), { project });
    expect(imported.body.limitrange?.spec.limits).toEqual([expect.objectContaining({ type: 'Container', default: { cpu: '300m' } })]);
    const two = await foreign('c1', { ranges: [range('mine', '300m'), range('yours', '400m')] });
    const second = await archon.client.put<GeneralNamespace>(general('c1', two), { project });
    expect(second.body.limitrange).toBeUndefined();
    expect(second.body.warnings).toEqual([expect.stringContaining("can't be merged")]);
    expect((await inCluster('c1', `${two}/limitranges/default`)).status).toBe(404);
  });

  it('NS-10 is removed with everything in it left as it is, gives its quota back, and can go to another project', {
    timeout: 60_000,
  }, async () => {
    const of = await createProject([{ name: 'c1', quota: { pods: '5' } }]);
    await created({ project: of, name: 'moves', labels: { tier: 'shop' }, quota: { pods: '5' } });
    const name = `${of}-moves`;
    await archon.client.post(`/kubernetes/c1/api/v1/namespaces/${name}/configmaps`, { metadata: { name: 'mine' }, data: { a: 'b' } });
    const { status, body, text } = await archon.client.post<OperationBody>(`${root('c1', name)}/remove`, undefined);
    expect(status, text).toBe(202);
    expect((await finished(archon.client, body)).phase).toBe('Succeeded');
    const left = (await inCluster('c1', name)).body.metadata;
    expect(left.labels).toMatchObject({ tier: 'shop' });
    expect(left.labels).not.toHaveProperty('cpaas.io/project');
    expect((await inCluster('c1', `${name}/configmaps/mine`)).body.data).toEqual({ a: 'b' });
    const bindings = await archon.client.get<{ items: KubernetesBody[] }>(
      `/kubernetes/c1/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings`,
    );
    expect(bindings.body.items).toEqual([]);
    expect(await create({ project: of, name: 'moves', labels: { tier: 'other' }, quota: { pods: '5' } })).toMatchObject({
      status: 409,
      body: { reason: 'AlreadyExists', message: expect.stringContaining('import it') },
    });
    expect((await inCluster('c1', name)).body.metadata.labels).toEqual(left.labels);
    await created({ project: of, name: 'next', quota: { pods: '5' } });
    expect((await archon.client.put(general('c1', name), { project })).status).toBe(200);
  });

  it('NS-10 is removed by the documented patch of its label too', { timeout: 60_000 }, async () => {
    await created({ name: 'labelled' });
    const name = `${project}-labelled`;
    const patch = { metadata: { labels: { 'cpaas.io/project': null } } };
    expect((await archon.client.patch(`/kubernetes/c1/api/v1/namespaces/${name}`, patch)).status).toBe(200);
    await eventually(async () => (await archon.client.get(root('c1', name))).status === 404, {
      what: 'the namespace to leave its project',
      timeoutMs: DRIFT_MS,
    });
  });

  it('NS-11 is deleted with all in it, and holds its quota until it is gone; the system’s can not be deleted', {
    timeout: 60_000,
  }, async () => {
    const of = await createProject([{ name: 'c1', quota: { pods: '5' } }]);
    await created({ project: of, name: 'ends', quota: { pods: '5' } });
    const { status, body } = await archon.client.delete<OperationBody>(root('c1', `${of}-ends`));
    expect(status).toBe(202);
    expect((await finished(archon.client, body)).phase).toBe('Succeeded');
    expect((await inCluster('c1', `${of}-ends`)).status).toBe(404);
    await created({ project: of, name: 'again', quota: { pods: '5' } });
    expect((await archon.client.delete(root('c1', 'kube-system'))).status).toBe(403);
    expect((await archon.client.delete(root('c1', await foreign('c1')))).status).toBe(404);
  });

  it('NS-12 is listed over all clusters of its project with state and quota, filtered and sorted by label and annotation, page by page', async () => {
    const of = await createProject();
    const make = (name: string, cluster: string, tier: string, owner: string) =>
      created({ project: of, name, labels: { tier }, annotations: { 'example.org/owner': owner }, quota: { pods: '2' } }, cluster);
    await make('a', 'c1', 'gold', 'jane');
    await make('b', 'c2', 'silver', 'kim');
    await make('c', 'c1', 'bronze', 'jane');
    const list = async (query: string) => (await archon.client.get<List>(`/acp/v1/projects/${of}/namespaces?${query}`)).body;
    const names = (found: List) => found.items.map(({ metadata }) => metadata.name.slice(of.length + 1));
    const all = await list('');
    expect([names(all), all.items.map(({ cluster }) => cluster)]).toEqual([
      ['a', 'b', 'c'],
      ['c1', 'c2', 'c1'],
    ]);
    expect(all.items[0]?.status).toMatchObject({ state: 'Active', phase: 'Active', hard: { pods: '2' } });
    expect(names(await list('labelSelector=tier%20in%20(gold,silver)'))).toEqual(['a', 'b']);
    expect(names(await list('annotationSelector=example.org/owner=jane&clusters=c1'))).toEqual(['a', 'c']);
    expect(names(await list('sort=label:tier'))).toEqual(['c', 'a', 'b']);
    expect(names(await list('sort=annotation:example.org/owner,-name'))).toEqual(['c', 'a', 'b']);
    const first = await list('limit=2&sort=-name');
    expect([names(first), first.metadata.remainingItemCount]).toEqual([['c', 'b'], 1]);
    expect(names(await list(`limit=2&sort=-name&continue=${first.metadata.continue}`))).toEqual(['a']);
    const overview = await archon.client.get<{ hard: object; used: object }>(
      `/acp/v1/kubernetes/c1/namespaceoverviews/${of}-a/resourcequota`,
    );
    expect(overview.body).toMatchObject({ hard: { pods: '2' } });
  });

  it('NS-13 is changed within what its project has left, its own share counted in, and not below what it uses', {
    timeout: 30_000,
  }, async () => {
    const of = await createProject(
      [{ name: 'c1', quota: { ...QUOTA, configmaps: '20' } }].map((c) => ({ ...c, quota: { 'limits.cpu': '4', configmaps: '20' } })),
    );
    await created({ project: of, name: 'grows', quota: { 'limits.cpu': '3', configmaps: '10' } });
    const name = `${of}-grows`;
    const change = (body: object) => archon.client.patch<GeneralNamespace & Status>(root('c1', name), body);
    const grown = await change({
      quota: { 'limits.cpu': '4', configmaps: '10' },
      podSecurity: { enforce: 'restricted' },
      labels: { tier: 'gold' },
    });
    expect(grown.status, grown.text).toBe(200);
    expect(grown.body.resourcequota?.spec.hard).toEqual({ 'limits.cpu': '4', configmaps: '10' });
    expect(grown.body.namespace.metadata.labels).toMatchObject({ tier: 'gold', 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect((await change({ quota: { 'limits.cpu': '5' } })).status).toBe(403);
    for (const each of ['one', 'two'])
      await archon.client.post(`/kubernetes/c1/api/v1/namespaces/${name}/configmaps`, { metadata: { name: each } });
    await eventually(
      async () => {
        const { body } = await inCluster('c1', `${name}/resourcequotas/default`);
        return Number((body as unknown as { status: { used?: { configmaps?: string } } }).status.used?.configmaps) >= 2;
      },
      { what: 'the use to be counted', timeoutMs: 10_000 },
    );
    const below = await change({ quota: { 'limits.cpu': '4', configmaps: '1' } });
    expect([below.status, below.body.message]).toEqual([422, expect.stringContaining('in use')]);
    const shrunk = await change({ quota: { 'limits.cpu': '1', configmaps: '10' } });
    expect(shrunk.status, shrunk.text).toBe(200);
    await created({ project: of, name: 'other', quota: { 'limits.cpu': '3' } });
  });

  it('NS-13 with a quota that was changed with kubectl: it counts where the project has enough, and is put back where not', {
    timeout: 60_000,
  }, async () => {
    const of = await createProject([{ name: 'c1', quota: { pods: '10' } }]);
    await created({ project: of, name: 'past', quota: { pods: '4' } });
    const url = `/kubernetes/c1/api/v1/namespaces/${of}-past/resourcequotas/default`;
    const change = async (pods: string) => expect((await archon.client.patch(url, { spec: { hard: { pods } } })).status).toBe(200);
    const allocated = async () =>
      (await archon.client.get<{ items: { allocated: object }[] }>(`/acp/v1/projects/${of}/quota`)).body.items[0]?.allocated;
    const hard = async () => (await archon.client.get<{ spec: { hard: object } }>(url)).body.spec.hard;
    await change('9');
    await eventually(async () => JSON.stringify(await allocated()) === '{"pods":"9"}', {
      what: 'the change to count',
      timeoutMs: DRIFT_MS,
    });
    await change('11');
    await eventually(async () => JSON.stringify(await hard()) === '{"pods":"9"}', {
      what: 'the change to be put back',
      timeoutMs: DRIFT_MS,
    });
    const [item] = (await archon.client.get<List>(`/acp/v1/projects/${of}/namespaces`)).body.items;
    expect(item?.status.drift.map(({ reason }) => reason)).toEqual(['Changed', 'Changed']);
  });

  it('NS-14 has limits in order: defaultRequest ≤ default ≤ max', async () => {
    const limitRange = {
      default: { cpu: '500m', memory: '256Mi' },
      defaultRequest: { cpu: '100m', memory: '64Mi' },
      max: { cpu: '1', memory: '1Gi' },
    };
    expect((await created({ name: 'limits', limitRange })).limitrange?.spec.limits).toEqual([{ type: 'Container', ...limitRange }]);
    const { status, body } = await create({
      name: 'unordered',
      limitRange: { ...limitRange, defaultRequest: { cpu: '600m', memory: '64Mi' } },
    });
    expect([status, body.details?.causes?.[0]?.field]).toEqual([422, 'limitRange.limits[0].defaultRequest.cpu']);
  });

  it('NS-15 holds its over-commit ratio as an object of the cluster, which refuses the same ratios as Archon', async () => {
    const path = (name: string) => `/kubernetes/c1/apis/resource.alauda.io/v1/namespaces/${name}/namespaceresourceratios`;
    const specIn = async (name: string) => (await archon.client.get<KubernetesBody & { spec: object }>(`${path(name)}/${name}`)).body.spec;
    await created({ name: 'ratio', overCommit: { cpu: 2, memory: 4 } });
    const name = `${project}-ratio`;
    expect(await specIn(name)).toEqual({ cpu: 2, memory: 4 });
    const change = (overCommit: object) => archon.client.patch<Status>(root('c1', name), { overCommit });
    expect((await change({ cpu: 0 })).status).toBe(200);
    expect(await specIn(name)).toEqual({ cpu: 0 });
    const fields = async (overCommit: object) => {
      const { status, body } = await change(overCommit);
      return [status, body.details?.causes?.map(({ field }) => field)];
    };
    expect(await fields({ cpu: 1, memory: 2.5 })).toEqual([422, ['overCommit.cpu', 'overCommit.memory']]);
    expect(await fields({ cpu: -2 })).toEqual([422, ['overCommit.cpu']]);
    expect(await fields({ memory: '2' })).toEqual([422, ['overCommit.memory']]);
    expect(await fields({ pods: 2 })).toEqual([422, ['overCommit.pods']]);
    expect(await specIn(name)).toEqual({ cpu: 0 });
    await created({ name: 'unratioed' });
    const { apiVersion, kind } = { apiVersion: 'resource.alauda.io/v1', kind: 'NamespaceResourceRatio' };
    const byHand = (spec: object) =>
      archon.client.post(path(`${project}-unratioed`), { apiVersion, kind, metadata: { name: `${project}-unratioed` }, spec });
    for (const spec of [{ cpu: 1 }, { memory: -1 }, { cpu: 1.5 }]) expect((await byHand(spec)).status, JSON.stringify(spec)).toBe(422);
    expect((await byHand({ cpu: 3 })).status).toBe(201);
  });

  it('NS-16 with the label gets user ids of its own', async () => {
    const body = { labels: { 'security.cpaas.io/enabled': 'true' }, podSecurity: { enforce: 'restricted' } };
    const ranges = [];
    for (const name of ['ids-a', 'ids-b']) {
      await created({ ...body, name });
      const { metadata } = (await inCluster('c1', `${project}-${name}`)).body;
      ranges.push(metadata.annotations?.['security.cpaas.io/uid-range']);
    }
    expect(ranges).toEqual([expect.stringMatching(/^1\d{9}-1\d{9}$/), expect.stringMatching(/^1\d{9}-1\d{9}$/)]);
    expect(ranges[0]).not.toBe(ranges[1]);
  });
});
