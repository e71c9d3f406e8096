import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesList, KubernetesObject } from '#kubernetes';
import { ArchonClient, type ClientResponse } from './http-client.js';
import { RecordingApiServer } from './recording-api-server.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };

function configMap(name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels }, data };
}

describe('the objects of a RecordingApiServer', () => {
  let server: RecordingApiServer;
  let client: ArchonClient;

  beforeEach(async () => {
    server = await RecordingApiServer.start();
    client = new ArchonClient(server);
  });

  afterEach(async () => {
    await client.close();
    await server.close();
  });

  function expectStatus(response: ClientResponse<unknown>, code: number, reason: string, message: string | RegExp): void {
    expect([response.status, response.body]).toMatchObject([code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason }]);
    expect((response.body as { message: string }).message).toMatch(message);
  }

  async function names(path: string): Promise<(string | undefined)[]> {
    return (await client.get<KubernetesList>(path)).body.items.map(({ metadata }) => metadata.name);
  }

  describe('discovery', () => {
    it('lists groups and resources in the plain form', async () => {
      expect((await client.get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
      const groups = (await client.get<{ kind: string; groups: { name: string }[] }>('/apis')).body;
      expect([groups.kind, groups.groups.map(({ name }) => name)]).toEqual([
        'APIGroupList',
        expect.arrayContaining(['apps', 'app.k8s.io']),
      ]);
      expect((await client.get('/apis/apps')).body).toMatchObject({ kind: 'APIGroup', preferredVersion: { groupVersion: 'apps/v1' } });
      const core = (await client.get<{ resources: { name: string }[] }>('/api/v1')).body;
      expect(core).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
      expect(core.resources).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'pods', kind: 'Pod', namespaced: true, shortNames: ['po'] }),
          expect.objectContaining({ name: 'pods/exec', kind: 'Pod', verbs: ['create', 'get'] }),
          expect.objectContaining({ name: 'namespaces', namespaced: false }),
        ]),
      );
    });

    it('lists everything in the aggregated form when it is asked for', async () => {
      const accept = { accept: 'application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io, application/json' };
      const response = await client.get('/apis', accept);
      expect(response.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
      expect(response.body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
      const deployments = expect.objectContaining({
        resource: 'deployments',
        scope: 'Namespaced',
        responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
        verbs: expect.arrayContaining(['watch']),
      });
      const version = expect.objectContaining({ version: 'v1', freshness: 'Current', resources: expect.arrayContaining([deployments]) });
      const apps = expect.objectContaining({ metadata: expect.objectContaining({ name: 'apps' }), versions: [version] });
      expect(response.body).toMatchObject({ items: expect.arrayContaining([apps]) });
      expect((await client.get('/api', accept)).text).toContain('"resource":"configmaps"');
    });

    it('serves a declared resource, and that of a CustomResourceDefinition from its creation to its deletion', async () => {
      server.local.types.declare({ group: 'example.org', version: 'v1', kind: 'Widget', resource: 'widgets', namespaced: false });
      expect((await client.get('/apis/example.org/v1/widgets')).body).toMatchObject({ kind: 'WidgetList', items: [] });
      const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const spec = {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'gadgets', kind: 'Gadget' },
        versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} } }],
      };
      const crd = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'gadgets.example.com' },
        spec,
      };
      expect((await client.get('/apis/example.com/v1')).text).toBe('404 page not found\n');
      const created = await client.patch(`${crds}/gadgets.example.com?fieldManager=t`, crd, APPLY);
      expect([created.status, created.body]).toMatchObject([
        201,
        { status: { conditions: [{}, { type: 'Established', status: 'True' }] } },
      ]);
      const gadget = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'one' }, spec: { deep: [{ unknown: 1.5 }] } };
      const gadgets = '/apis/example.com/v1/namespaces/default/gadgets';
      expect((await client.post(gadgets, gadget)).body).toMatchObject({ spec: { deep: [{ unknown: 1.5 }] } });
      await client.delete(`${crds}/gadgets.example.com`);
      expect((await client.get(gadgets)).status).toBe(404);
    });

    it('answers version and health', async () => {
      expect((await client.get('/version')).body).toMatchObject({ gitVersion: 'v1.36.3', major: '1', minor: '36' });
      expect((await client.get('/readyz')).text).toBe('ok');
    });
  });

  it('creates with 201, a uid, a creation time and a version, and keeps unknown fields', async () => {
    const { status, body } = await client.post<KubernetesObject>(CONFIG_MAPS, { ...configMap('web'), future: { field: [1] } });
    expect([status, body.future]).toEqual([201, { field: [1] }]);
    expect(body.metadata).toMatchObject({
      generation: 1,
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
    });
    expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await client.get(`${CONFIG_MAPS}/web`)).body).toEqual(body);
    const generated = await client.post<KubernetesObject>(CONFIG_MAPS, { ...configMap('x'), metadata: { generateName: 'run-' } });
    expect(generated.body.metadata.name).toMatch(/^run-[0-9a-f]{5}$/);
  });

  it('refuses what a kube-apiserver refuses, with its Status', async () => {
    await client.post(CONFIG_MAPS, configMap('web'));
    expectStatus(await client.post(CONFIG_MAPS, configMap('web')), 409, 'AlreadyExists', 'configmaps "web" already exists');
    expectStatus(await client.get(`${DEPLOYMENTS}/none`), 404, 'NotFound', 'deployments.apps "none" not found');
    expectStatus(await client.get('/api/v1/gizmos'), 404, 'NotFound', 'could not find the requested resource');
    expectStatus(
      await client.post('/api/v1/namespaces/none/configmaps', { ...configMap('x'), metadata: { name: 'x' } }),
      404,
      'NotFound',
      'namespaces "none"',
    );
    expectStatus(
      await client.post('/api/v1/namespaces/kube-system/configmaps', configMap('x')),
      400,
      'BadRequest',
      'namespace of the provided object',
    );
    expectStatus(await client.put(`${CONFIG_MAPS}/web`, configMap('other')), 400, 'BadRequest', 'name on the URL');
    expectStatus(await client.post(DEPLOYMENTS, configMap('web')), 400, 'BadRequest', 'cannot be handled as a ConfigMap');
    expectStatus(await client.post(CONFIG_MAPS, '{"a":', { 'content-type': 'application/json' }), 400, 'BadRequest', /read the object/);
    expectStatus(
      await client.post(CONFIG_MAPS, 'x', { 'content-type': 'application/vnd.kubernetes.protobuf' }),
      415,
      'UnsupportedMediaType',
      'protobuf',
    );
    expectStatus(await client.request('POST', `${CONFIG_MAPS}/web`, {}), 405, 'MethodNotAllowed', 'does not allow this method');
  });

  it('replaces only the version that the caller has seen', async () => {
    const { body: first } = await client.post<KubernetesObject>(CONFIG_MAPS, configMap('web', {}, { a: '1' }));
    const { body: second } = await client.put<KubernetesObject>(`${CONFIG_MAPS}/web`, { ...first, data: { a: '2' } });
    expect([second.data, second.metadata.generation]).toEqual([{ a: '2' }, 2]);
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    expectStatus(await client.put(`${CONFIG_MAPS}/web`, { ...first, data: { a: '3' } }), 409, 'Conflict', 'the object has been modified');
    const same = await client.put<KubernetesObject>(`${CONFIG_MAPS}/web`, configMap('web', {}, { a: '2' }));
    expect(same.body.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
    expectStatus(await client.put(`${CONFIG_MAPS}/none`, configMap('none')), 404, 'NotFound', 'none');
  });

  it('patches by merge and by operations', async () => {
    await client.post(CONFIG_MAPS, configMap('web', { app: 'web' }, { a: '1', b: '2' }));
    const merged = await client.patch(`${CONFIG_MAPS}/web`, { data: { a: null, c: '3' } });
    expect([merged.status, merged.body]).toMatchObject([200, { data: { b: '2', c: '3' }, metadata: { labels: { app: 'web' } } }]);
    expect(merged.text).not.toContain('"a"');
    const json = { 'content-type': 'application/json-patch+json' };
    expect((await client.patch(`${CONFIG_MAPS}/web`, [{ op: 'replace', path: '/data/b', value: '9' }], json)).body).toMatchObject({
      data: { b: '9' },
    });
    expectStatus(await client.patch(`${CONFIG_MAPS}/web`, [{ op: 'test', path: '/data/b', value: '1' }], json), 422, 'Invalid', 'test');
    expectStatus(await client.patch(`${CONFIG_MAPS}/web`, { metadata: { resourceVersion: '1' } }), 409, 'Conflict', 'modified');
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    expectStatus(await client.patch(`${CONFIG_MAPS}/web`, {}, strategic), 415, 'UnsupportedMediaType', 'strategic');
  });

  it('applies from YAML: 201 when that creates, 200 when it changes', async () => {
    const yaml = (value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {${value}}\n`;
    const created = await client.patch(`${CONFIG_MAPS}/web?fieldManager=archon`, yaml('a: "1"'), APPLY);
    expect([created.status, created.body]).toMatchObject([201, { metadata: { namespace: 'default' }, data: { a: '1' } }]);
    const changed = await client.patch(`${CONFIG_MAPS}/web?fieldManager=archon`, yaml('b: "2"'), APPLY);
    expect([changed.status, changed.body]).toMatchObject([200, { data: { a: '1', b: '2' } }]);
    expectStatus(await client.patch(`${CONFIG_MAPS}/web`, yaml('c: "3"'), APPLY), 422, 'Invalid', 'fieldManager');
  });

  it('stores nothing on a dry run, whatever the verb', async () => {
    await client.post(CONFIG_MAPS, configMap('web', {}, { a: '1' }));
    const { revision } = server.local.store;
    expect((await client.post(`${CONFIG_MAPS}?dryRun=All`, configMap('new'))).status).toBe(201);
    const applied = await client.patch<KubernetesObject>(`${CONFIG_MAPS}/applied?dryRun=All&fieldManager=t`, configMap('applied'), APPLY);
    expect([applied.status, applied.body.metadata.uid]).toEqual([201, expect.any(String)]);
    expect((await client.put(`${CONFIG_MAPS}/web?dryRun=All`, configMap('web', {}, { a: '2' }))).body).toMatchObject({ data: { a: '2' } });
    expect((await client.patch(`${CONFIG_MAPS}/web?dryRun=All`, { data: { a: '3' } })).body).toMatchObject({ data: { a: '3' } });
    expect((await client.delete(`${CONFIG_MAPS}/web?dryRun=All`)).status).toBe(200);
    expect([await names(CONFIG_MAPS), server.local.store.revision]).toEqual([['web'], revision]);
  });

  it('keeps the status of a resource apart where it has one of its own', async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 1 },
      status: { replicas: 7 },
    };
    const { body } = await client.post<KubernetesObject>(DEPLOYMENTS, deployment);
    expect(body.status).toBeUndefined();
    const change = { spec: { replicas: 2 }, status: { replicas: 1 } };
    const main = await client.patch<KubernetesObject>(`${DEPLOYMENTS}/web`, change);
    expect([main.body.spec, main.body.status, main.body.metadata.generation]).toEqual([{ replicas: 2 }, undefined, 2]);
    const status = await client.patch<KubernetesObject>(`${DEPLOYMENTS}/web/status`, { ...change, spec: { replicas: 9 } });
    expect([status.body.spec, status.body.status, status.body.metadata.generation]).toEqual([{ replicas: 2 }, { replicas: 1 }, 2]);
  });

  it('deletes the object with the given uid only', async () => {
    const { body } = await client.post<KubernetesObject>(CONFIG_MAPS, configMap('web'));
    expectStatus(
      await client.delete(`${CONFIG_MAPS}/web`, { preconditions: { uid: 'another' } }),
      409,
      'Conflict',
      'UID in precondition: another',
    );
    const deleted = await client.delete(`${CONFIG_MAPS}/web`, { preconditions: { uid: body.metadata.uid } });
    expect([deleted.status, deleted.body]).toMatchObject([
      200,
      { kind: 'Status', status: 'Success', details: { name: 'web', uid: body.metadata.uid } },
    ]);
    expectStatus(await client.delete(`${CONFIG_MAPS}/web`), 404, 'NotFound', 'configmaps "web" not found');
  });

  it('keeps a deleted object until its last finalizer goes', async () => {
    await client.post(CONFIG_MAPS, { ...configMap('web'), metadata: { name: 'web', finalizers: ['example.org/a'] } });
    const deleted = await client.delete<KubernetesObject>(`${CONFIG_MAPS}/web`);
    expect(deleted.body.metadata.deletionTimestamp).toMatch(/Z$/);
    expect(await names(CONFIG_MAPS)).toEqual(['web']);
    await client.patch(`${CONFIG_MAPS}/web`, { metadata: { finalizers: null } });
    expect(await names(CONFIG_MAPS)).toEqual([]);
  });

  it('deletes a collection by label, and a namespace with all that is in it', async () => {
    for (const name of ['a', 'b', 'c']) await client.post(CONFIG_MAPS, configMap(name, { keep: String(name === 'b') }));
    await client.delete(`${CONFIG_MAPS}?labelSelector=keep%3Dfalse`);
    expect(await names(CONFIG_MAPS)).toEqual(['b']);
    await client.delete('/api/v1/namespaces/default');
    expect([await names('/api/v1/configmaps'), await names('/api/v1/namespaces')]).toEqual([
      [],
      ['kube-node-lease', 'kube-public', 'kube-system'],
    ]);
  });

  it('lists in pages that all show the moment of the first', async () => {
    for (const name of ['e', 'b', 'a', 'd', 'c']) await client.post(CONFIG_MAPS, configMap(name));
    const { body: first } = await client.get<KubernetesList>(`${CONFIG_MAPS}?limit=2`);
    await client.delete(`${CONFIG_MAPS}/d`);
    const { body: second } = await client.get<KubernetesList>(`${CONFIG_MAPS}?limit=2&continue=${first.metadata.continue}`);
    const { body: third } = await client.get<KubernetesList>(`${CONFIG_MAPS}?limit=2&continue=${second.metadata.continue}`);
    const pages = [first, second, third];
    expect(pages.map(({ items }) => items.map(({ metadata }) => metadata.name))).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(pages.map(({ metadata }) => metadata.remainingItemCount)).toEqual([3, 1, undefined]);
    expect(new Set(pages.map(({ metadata }) => metadata.resourceVersion)).size).toBe(1);
    server.local.expireWatches();
    expectStatus(
      await client.get(`${CONFIG_MAPS}?limit=2&continue=${first.metadata.continue}`),
      410,
      'Expired',
      'continue parameter is too old',
    );
  });

  it.each([
    ['app=web', ['a', 'b']],
    ['app==web,tier!=x', ['b']],
    ['tier', ['a']],
    ['!app', ['c']],
    ['app!=web', ['c']],
  ])('selects by the labels %s', async (selector, expected) => {
    await client.post(CONFIG_MAPS, configMap('a', { app: 'web', tier: 'x' }));
    await client.post(CONFIG_MAPS, configMap('b', { app: 'web' }));
    await client.post(CONFIG_MAPS, configMap('c'));
    expect(await names(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent(selector)}`)).toEqual(expected);
  });

  it('selects by name, and refuses selectors that it does not know', async () => {
    for (const name of ['a', 'b']) await client.post(CONFIG_MAPS, configMap(name));
    expect(await names(`${CONFIG_MAPS}?fieldSelector=metadata.name%3Db`)).toEqual(['b']);
    expectStatus(await client.get(`${CONFIG_MAPS}?labelSelector=app%20in%20(a)`), 400, 'BadRequest', 'unable to parse requirement');
    expectStatus(await client.get(`${CONFIG_MAPS}?fieldSelector=status.phase%3DRunning`), 400, 'BadRequest', 'unable to parse requirement');
  });

  it('answers access reviews from a function of the test', async () => {
    const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const review = (verb: string): Promise<ClientResponse<unknown>> =>
      client.post(reviews, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb } },
      });
    expect(await review('get')).toMatchObject({ status: 201, body: { status: { allowed: true } } });
    server.local.accessReview = ({ resourceAttributes }) => resourceAttributes?.verb === 'list';
    expect((await review('get')).body).toMatchObject({ status: { allowed: false } });
    expect((await review('list')).body).toMatchObject({ status: { allowed: true } });
  });
});
