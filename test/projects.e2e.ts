import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_EXAMPLE } from '../apps/archon/src/projects/project-examples.js';
import { Archon } from './support/archon.js';
import { type KubernetesBody, uniqueName } from './support/cluster-objects.js';
import { finished, type OperationBody } from './support/operations.js';
import { eventually } from './support/wait-for.js';

interface ProjectBody extends KubernetesBody {
  spec: { clusters: { name: string; quota: Record<string, string> }[]; resources: Record<string, string[]>; clusterDeletePolicy: string };
  status: { phase: string; conditions: { type: string; status: string; projectNameSpaceDetail: { successClusters: object } }[] };
}
type Status = { reason: string; message: string; details?: { causes?: { field: string; message: string }[] } };
type Quotas = { items: { cluster: string; hard: object; allocated: object; available: object }[] };

const PROJECTS = '/acp/v1/projects';

let archon: Archon;
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['global', 'c1', 'c2'] });
});
afterAll(() => archon?.dispose());

const project = (name: string, clusters: object[], spec: object = {}, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { clusters, ...spec },
});

/** A project in c1 and c2, with what its test wants. */
async function create(spec: object = {}, clusters: object[] = [{ name: 'c1' }, { name: 'c2' }]): Promise<string> {
  const name = uniqueName('p');
  const { status, text } = await archon.client.post(PROJECTS, project(name, clusters, spec));
  expect(status, text).toBe(201);
  return name;
}

const namespaceOf = (cluster: string, name: string) =>
  archon.client.get<KubernetesBody>(`/kubernetes/${cluster}/api/v1/namespaces/${name}`);

async function createNamespace(cluster: string, of: string, name: string, quota: object = {}): Promise<void> {
  const { status, text } = await archon.client.post(`/acp/v1/kubernetes/${cluster}/general-namespaces`, { name, project: of, quota });
  expect(status, text).toBe(200);
}

describe('a project', () => {
  it('PRJ-1 is created with clusters, quotas, names and administrators, read, listed, changed and deleted', {
    timeout: 60_000,
  }, async () => {
    const name = uniqueName('shop');
    const body = { ...PROJECT_EXAMPLE, metadata: { ...PROJECT_EXAMPLE.metadata, name } };
    const created = await archon.client.post<ProjectBody>(PROJECTS, body);
    expect(created.status, created.text).toBe(201);
    expect(created.body.status.phase).toBe('Active');
    expect(created.body.metadata).toMatchObject({ name, labels: { team: 'red' }, annotations: { 'cpaas.io/display-name': 'Shop' } });
    expect(created.body.spec.clusters).toEqual([
      expect.objectContaining({ name: 'c1', quota: { 'limits.cpu': '20', 'limits.memory': '40Gi', pods: '100' } }),
      expect.objectContaining({ name: 'c2', quota: {} }),
    ]);
    for (const cluster of ['c1', 'c2'])
      expect((await namespaceOf(cluster, name)).body.metadata.labels).toMatchObject({
        'cpaas.io/inner-namespace': name,
        'cpaas.io/cluster': cluster,
      });

    const jane = await archon.as('jane@example.org');
    expect((await jane.get<ProjectBody>(`${PROJECTS}/${name}`)).status).toBe(200);
    expect((await archon.client.get<{ items: ProjectBody[] }>(`${PROJECTS}?keyword=${name}`)).body.items).toHaveLength(1);
    expect((await jane.get<{ items: ProjectBody[] }>(PROJECTS)).body.items.map(({ metadata }) => metadata.name)).toContain(name);

    const patched = await jane.patch<ProjectBody>(`${PROJECTS}/${name}`, { spec: { displayName: 'The shop' } });
    expect(patched.status, patched.text).toBe(200);
    expect(patched.body.metadata.annotations?.['cpaas.io/display-name']).toBe('The shop');
    expect((await archon.client.post<Status>(PROJECTS, body)).status).toBe(409);

    const deleted = await archon.client.delete<OperationBody>(`${PROJECTS}/${name}`);
    expect(deleted.status, deleted.text).toBe(202);
    expect((await finished(archon.client, deleted.body)).phase).toBe('Succeeded');
    expect((await archon.client.get(`${PROJECTS}/${name}`)).status).toBe(404);
    expect((await namespaceOf('c1', name)).body.metadata.labels).not.toHaveProperty('cpaas.io/inner-namespace');
  });

  it.each(['default', 'kube-system', 'cpaas-system', 'cert-manager', 'true', 'all-all', 'Upper', '-a', 'a'.repeat(33)])(
    'PRJ-1 can not be called %s',
    async (name) => {
      const { status, body } = await archon.client.post<Status>(PROJECTS, project(name, []));
      expect([status, body.details?.causes?.[0]?.field]).toEqual([422, 'metadata.name']);
    },
  );

  it('PRJ-1 is taken as YAML too, one document at a time', async () => {
    const name = uniqueName('y');
    const send = (text: string) => archon.client.post<ProjectBody & Status>(PROJECTS, text, { 'content-type': 'application/yaml' });
    const yaml = `metadata: {name: ${name}}\nspec: {clusters: [{name: c1, quota: {pods: 5}}]}\n`;
    const made = await send(yaml);
    expect([made.status, made.body.spec?.clusters], made.text).toEqual([201, [{ name: 'c1', quota: { pods: '5' } }]]);
    expect((await send(`${yaml}---\n${yaml}`)).status).toBe(400);
  });

  it('PRJ-1 is not made for somebody who may not, in a cluster that is not there, or by a dry run', async () => {
    const name = uniqueName('p');
    const stranger = await archon.as('stranger@example.org');
    expect((await stranger.post(PROJECTS, project(name, []))).status).toBe(403);
    const { status, body } = await archon.client.post<Status>(PROJECTS, project(name, [{ name: 'nowhere' }]));
    expect([status, body.details?.causes?.[0]?.field]).toEqual([422, 'spec.clusters[0].name']);
    expect((await archon.client.post<ProjectBody>(`${PROJECTS}?dryRun=All`, project(name, [{ name: 'c1' }]))).status).toBe(201);
    expect((await archon.client.get(`${PROJECTS}/${name}`)).status).toBe(404);
    expect((await stranger.get<{ items: unknown[] }>(PROJECTS)).body.items).toEqual([]);
    expect((await stranger.get(`${PROJECTS}/${name}`)).status).toBe(403);
  });

  it('PRJ-2 takes every kind of quota type, and refuses what is none', async () => {
    const quota = {
      'requests.cpu': '10',
      'limits.cpu': '20',
      'requests.memory': '16Gi',
      'limits.memory': '32Gi',
      'requests.storage': '100Gi',
      pods: '50',
      persistentvolumeclaims: '10',
      'fast.storageclass.storage.k8s.io/requests.storage': '50Gi',
      'requests.example.org/accelerator': '4',
      'count/deployments.apps': '20',
    };
    const name = await create({}, [{ name: 'c1', quota }]);
    expect((await archon.client.get<ProjectBody>(`${PROJECTS}/${name}`)).body.spec.clusters[0]?.quota).toEqual(quota);
    for (const wrong of [{ 'limits.cpu': '-1' }, { pods: '1.5' }, { 'Limits.Example.Org/x y': '1' }, { 'limits.memory': 'much' }]) {
      const { status, body } = await archon.client.post<Status>(PROJECTS, project(uniqueName('p'), [{ name: 'c1', quota: wrong }]));
      expect([status, body.details?.causes?.[0]?.field]).toEqual([422, `spec.clusters[0].quota[${Object.keys(wrong)[0]}]`]);
    }
  });

  it('PRJ-3 tells what is allocated and available, and its quota can not fall below that', async () => {
    const name = await create({}, [{ name: 'c1', quota: { 'limits.cpu': '4', pods: '10' } }, { name: 'c2' }]);
    await createNamespace('c1', name, 'a', { 'limits.cpu': '1500m', pods: '4' });
    await createNamespace('c1', name, 'b', { 'limits.cpu': '1' });
    const { body } = await archon.client.get<Quotas>(`${PROJECTS}/${name}/quota`);
    expect(body.items).toEqual([
      {
        cluster: 'c1',
        hard: { 'limits.cpu': '4', pods: '10' },
        allocated: { 'limits.cpu': '2500m', pods: '4' },
        available: { 'limits.cpu': '1500m', pods: '6' },
      },
      { cluster: 'c2', hard: {}, allocated: {}, available: {} },
    ]);
    const quota = (cpu: string) => ({ spec: { clusters: [{ name: 'c1', quota: { 'limits.cpu': cpu } }, { name: 'c2' }] } });
    const refused = await archon.client.patch<Status>(`${PROJECTS}/${name}`, quota('2'));
    expect([refused.status, refused.body.details?.causes?.[0]?.message]).toEqual([422, expect.stringContaining('2500m')]);
    expect((await archon.client.patch(`${PROJECTS}/${name}`, quota('3'))).status).toBe(200);
  });

  it('PRJ-5 holds its assigned resources; its own administrators can not assign more, nor raise its quota', async () => {
    const resources = { storageClasses: ['fast'], chartRepositories: ['public'], imageRegistries: ['main'], codeRepositories: ['forge'] };
    const name = await create({ resources, administrators: ['kim@example.org'] }, [{ name: 'c1', quota: { pods: '5' } }]);
    expect((await archon.client.get<ProjectBody>(`${PROJECTS}/${name}`)).body.spec.resources).toEqual(resources);
    const kim = await archon.as('kim@example.org');
    expect((await kim.patch(`${PROJECTS}/${name}`, { metadata: { labels: { tier: 'gold' } } })).status).toBe(200);
    expect(
      (await kim.patch(`${PROJECTS}/${name}`, { spec: { resources: { ...resources, storageClasses: ['fast', 'faster'] } } })).status,
    ).toBe(403);
    expect((await kim.patch(`${PROJECTS}/${name}`, { spec: { clusters: [{ name: 'c1', quota: { pods: '6' } }] } })).status).toBe(403);
    expect((await kim.delete(`${PROJECTS}/${name}`)).status).toBe(403);
  });

  it.each(['retain', 'delete'] as const)('PRJ-6 with namespaces is deleted only with a choice: %s', { timeout: 60_000 }, async (choice) => {
    const name = await create();
    await createNamespace('c1', name, 'one');
    await createNamespace('c2', name, 'two');
    const undecided = await archon.client.delete<Status>(`${PROJECTS}/${name}`);
    expect([undecided.status, undecided.body.message]).toEqual([409, expect.stringContaining('?namespaces=')]);
    const { status, body, text } = await archon.client.delete<OperationBody>(`${PROJECTS}/${name}?namespaces=${choice}`);
    expect(status, text).toBe(202);
    expect((await finished(archon.client, body)).phase).toBe('Succeeded');
    expect((await archon.client.get(`${PROJECTS}/${name}`)).status).toBe(404);
    const left = [await namespaceOf('c1', `${name}-one`), await namespaceOf('c2', `${name}-two`)];
    expect(left.map((answer) => answer.status)).toEqual(choice === 'retain' ? [200, 200] : [404, 404]);
    if (choice === 'retain') for (const answer of left) expect(answer.body.metadata.labels).not.toHaveProperty('cpaas.io/project');
  });

  it('gets its own namespace again when somebody deletes it', { timeout: 90_000 }, async () => {
    const name = await create({}, [{ name: 'c1' }]);
    const before = (await namespaceOf('c1', name)).body.metadata.uid;
    expect((await archon.client.delete(`/kubernetes/c1/api/v1/namespaces/${name}`)).status).toBe(200);
    const again = async () => {
      const { status, body } = await namespaceOf('c1', name);
      return status === 200 && body.metadata.uid !== before;
    };
    await eventually(again, { what: 'the namespace to be made again', timeoutMs: 60_000 });
  });

  it('gains and leaves clusters; one with namespaces is not left', { timeout: 60_000 }, async () => {
    const name = await create({}, [{ name: 'c1' }]);
    const clusters = (...names: string[]) => ({ spec: { clusters: names.map((each) => ({ name: each })) } });
    expect((await archon.client.patch<ProjectBody>(`${PROJECTS}/${name}`, clusters('c1', 'c2'))).body.status.phase).toBe('Active');
    expect((await namespaceOf('c2', name)).status).toBe(200);
    await createNamespace('c1', name, 'stays');
    expect((await archon.client.patch<Status>(`${PROJECTS}/${name}`, clusters('c2'))).status).toBe(409);
    expect((await archon.client.patch(`${PROJECTS}/${name}`, clusters('c1'))).status).toBe(200);
    await eventually(async () => !('cpaas.io/inner-namespace' in ((await namespaceOf('c2', name)).body.metadata.labels ?? {})), {
      what: 'the namespace in c2 to be let go',
      timeoutMs: 10_000,
    });
  });
});
