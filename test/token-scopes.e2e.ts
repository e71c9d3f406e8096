import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { createNamespace, uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import { rawUpgrade, statusOf } from './support/raw-request.js';
import { recorded, startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

interface Scope {
  clusters?: string[];
  projects?: string[];
  namespaces?: { cluster?: string; namespace: string }[];
  verbs?: string[];
  readOnly?: boolean;
}
interface Token {
  id: string;
  token: string;
  description: string;
  expiration: number;
  scope?: Scope;
}
type Status = { reason: string; message: string; details: { causes: { field: string; message: string }[] } };

const TOKENS = '/auth/v1/accesstoken';
/** In everything that lies outside of the scopes, and in no request. */
const CANARY = 'CANARY-7f3a9c';
const now = () => Math.floor(Date.now() / 1000);

let archon: Archon;
let inside: RecordingApiServer;
let outside: RecordingApiServer;
/** Of somebody else, without a scope: what a scope must not lead to. */
let foreignToken: Token;

beforeAll(async () => {
  archon = await Archon.start();
  inside = await startRecordedCluster(archon, 'inside');
  outside = await startRecordedCluster(archon, 'outside');
  for (const cluster of [inside, outside])
    for (const namespace of ['a', 'b']) {
      cluster.local.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const data = cluster === inside && namespace === 'a' ? 'inside' : CANARY;
      cluster.local.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace }, stringData: { key: data } });
      cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace, labels: { data } } });
    }
  // Of the project `pa` is the namespace a of the cluster inside; `pb`, of which nothing may be told, is elsewhere.
  for (const [project, namespace, cluster, displayName] of [
    ['pa', 'a', 'inside', 'inside'],
    ['pb', 'b', 'outside', CANARY],
  ] as const) {
    const metadata = { name: project, annotations: { 'cpaas.io/display-name': displayName } };
    const made = await archon.client.post('/acp/v1/projects', { metadata });
    expect(made.status, made.text).toBe(201);
    await archon.database.query(
      `insert into project_clusters (project, cluster_id, type, hard, phase, message) select $1, id, '', '{}', 'Active', '' from clusters where name = $2`,
      [project, cluster],
    );
    await archon.database.query(
      `insert into namespaces (cluster_id, name, project, is_inner, phase, desired, drift, created_by, created_at)
       select id, $1, $2, false, 'Active', '{"hard": {}}', '[]', 'admin', now() from clusters where name = $3`,
      [namespace, project, cluster],
    );
  }
  // Nobody reconciles them: the recorders hear of nothing but what is asked here.
  await archon.database.query(
    `insert into namespace_rounds (cluster_id, begun_at) select id, now() + interval '1 day' from clusters
     on conflict on constraint namespace_rounds_pkey do update set begun_at = excluded.begun_at`,
  );
  await archon.client.patch('/acp/v1/clusters/outside', { spec: { displayName: CANARY } });
  foreignToken = (await archon.client.post<Token>(TOKENS, { description: CANARY, user: 'jane@example.org' })).body;
});
afterAll(async () => {
  await archon?.dispose();
  await Promise.all([inside?.close(), outside?.close()]);
});

async function make(scope: Scope | undefined, by: ArchonClient = archon.client, more: object = {}): Promise<Token> {
  const answer = await by.post<Token>(TOKENS, { description: 'scoped', ...(scope && { scope }), ...more });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
/** The administrator, who may do everything, narrowed. */
const narrowed = async (scope: Scope) => archon.client.as((await make(scope)).token);

const IN_A: Scope = { namespaces: [{ cluster: 'inside', namespace: 'a' }] };
const SCOPES: [string, Scope][] = [
  ['one namespace', IN_A],
  ['one namespace, reading', { ...IN_A, readOnly: true }],
  ['one namespace, creating', { ...IN_A, verbs: ['create'] }],
  ['one project', { projects: ['pa'] }],
  ['one cluster', { clusters: ['inside'] }],
];

describe('T35 CVE-2025-55190: proxied requests', () => {
  const PATHS = [
    '/kubernetes/inside/api/v1/namespaces/b/secrets/s',
    '/kubernetes/inside/api/v1/namespaces/b/secrets',
    '/kubernetes/inside/api/v1/secrets',
    '/kubernetes/inside/api/v1/secrets?fieldSelector=metadata.namespace%3Da',
    '/kubernetes/inside/api/v1/secrets?watch=true&timeoutSeconds=1',
    '/kubernetes/inside/api/v1/watch/secrets',
    '/kubernetes/inside/api/v1/watch/namespaces/b/secrets',
    '/kubernetes/inside/%61pi/v1/secrets',
    '/kubernetes/inside/api/v1/n%61mespaces/b/secrets',
    '/kubernetes/inside/api/v1/w%61tch/namespaces/b/secrets',
    '/api-gateway/kubernetes/inside/api/v1/namespaces/b/secrets/s',
    '/kubernetes/inside/api/v1/namespaces/b',
    '/kubernetes/inside/api/v1/namespaces',
    '/kubernetes/inside/api/v1/nodes/n/proxy/secrets',
    '/kubernetes/inside/metrics',
    '/kubernetes/outside/api/v1/namespaces/a/secrets/s',
    '/kubernetes/outside/version',
    '/api/v1/namespaces/a/secrets',
  ];

  const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

  it.each(SCOPES.slice(0, 4))('of a token for %s reach nothing outside of it', async (what, scope) => {
    const client = await narrowed(scope);
    for (const url of PATHS)
      for (const method of METHODS) {
        const { requests } = await recorded(inside, async () => {
          const answer = await client.request<Status>(method, url);
          expect([answer.status, answer.text.includes(CANARY)], `${method} ${url}`).toEqual([403, false]);
        });
        expect(requests, `${method} ${url}`).toEqual([]);
      }
    accept({
      row: 'T35',
      what: `proxied requests outside of a scope of ${what}`,
      volume: `${PATHS.length * METHODS.length} requests`,
      result: '0 let through',
    });
  });

  it('of a token for one cluster reach that cluster and no other', async () => {
    const client = await narrowed({ clusters: ['inside'] });
    expect((await client.get('/kubernetes/inside/api/v1/secrets')).status).toBe(200);
    expect((await client.get('/kubernetes/outside/version')).status).toBe(403);
    expect((await client.get('/api/v1/namespaces')).status).toBe(403);
  });

  it('within the scope go through', async () => {
    const client = await narrowed(IN_A);
    for (const url of ['/api/v1/namespaces/a/secrets/s', '/api/v1/namespaces/a/pods', '/version', '/apis', '/api/v1'])
      expect((await client.get(`/kubernetes/inside${url}`)).status, url).toBeLessThan(300);
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' } };
    expect((await client.post('/kubernetes/inside/api/v1/namespaces/a/configmaps', made)).status).toBe(201);
    expect((await client.delete('/kubernetes/inside/api/v1/namespaces/a/configmaps/made')).status).toBe(200);
  });

  it('that are refused name the missing scope', async () => {
    const client = await narrowed({ ...IN_A, readOnly: true });
    const ask = async (method: string, url: string) => (await client.request<Status>(method, `/kubernetes/inside${url}`)).body;
    expect(await ask('GET', '/api/v1/namespaces/b/pods')).toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('the namespace "b" of the cluster "inside"'),
      details: {
        causes: [{ reason: 'OutOfScope', field: 'scope.namespaces', message: 'needs the namespace "b" of the cluster "inside"' }],
      },
    });
    expect((await ask('DELETE', '/api/v1/namespaces/a/pods')).details.causes[0]).toMatchObject({
      field: 'scope.verbs',
      message: 'needs the verb "deletecollection"',
    });
  });

  it('to impersonate somebody are not within any scope', async () => {
    const client = await narrowed({ clusters: ['inside'] });
    const { result, requests } = await recorded(inside, () =>
      client.get<Status>('/kubernetes/inside/api/v1/namespaces/a/pods', { 'impersonate-user': 'jane@example.org' }),
    );
    expect([result.status, requests.length]).toEqual([403, 0]);
  });

  it('that open a connection need the verb create, also as an upgrade by GET', async () => {
    const exec = '/kubernetes/inside/api/v1/namespaces/a/pods/p/exec?command=sh&stdout=true';
    const open = async (scope: Scope, target = exec) =>
      statusOf(await archon.client.raw(rawUpgrade(target, { token: (await make(scope)).token }), { until: /\r\n\r\n/ }));
    expect(await open({ ...IN_A, readOnly: true })).toBe(403);
    expect(await open({ ...IN_A, verbs: ['get', 'list', 'watch'] })).toBe(403);
    expect(await open(IN_A, exec.replace('/a/', '/b/'))).toBe(403);
    expect(await open(IN_A, exec.replace('inside', 'outside'))).toBe(403);
    expect(await open({ ...IN_A, verbs: ['create'] })).toBe(101);
  });
});

describe("Archon's own routes", () => {
  const document = parse(readFileSync(path.join(import.meta.dirname, '../openapi/archon.yaml'), 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({ template, method: method.toUpperCase(), operationId })),
  );
  /** Each parameter as what lies outside of the scope. */
  const outsideOf = (template: string) =>
    template
      .replace('{cluster}', 'outside')
      .replace('{project}', 'pb')
      .replace('{namespace}', 'b')
      .replace(/\{id\}/, template.includes('accesstoken') ? foreignToken.id : '00000000-0000-4000-8000-000000000000')
      .replaceAll(/\{[^}]+\}/g, 'jane@example.org');
  /** Ends what it is asked with: only by its own session. */
  const withoutTokens = (template: string) => /^\/auth\/v1\/(login|token|device|authorize|callback|oidc)/.test(template);

  it.each(SCOPES)('T35 with a token for %s tell nothing of what lies outside, and change nothing', async (what, scope) => {
    const client = await narrowed(scope);
    const tokensBefore = await archon.database.query('select id from access_tokens order by id');
    for (const { template, method, operationId } of operations.filter((operation) => !withoutTokens(operation.template))) {
      const answer = await client.request(method, outsideOf(template), method === 'GET' ? undefined : {});
      expect(answer.text, `${operationId}: ${answer.text}`).not.toContain(CANARY);
      if (method !== 'GET') expect(answer.status, `${operationId} changed something: ${answer.text}`).toBeGreaterThanOrEqual(400);
    }
    expect(await archon.database.query('select id from access_tokens order by id')).toEqual(tokensBefore);
    accept({
      row: 'T35',
      what: `Archon's own routes, outside of a scope of ${what}`,
      volume: `${operations.length} operations`,
      result: '0 canaries',
    });
  });

  it('do not manage the platform with any scope', async () => {
    const client = await narrowed({ verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] });
    const tries: [string, string, object?][] = [
      ['POST', '/acp/v1/clusters', { metadata: { name: 'new' }, spec: {} }],
      ['PATCH', '/acp/v1/clusters/outside', { spec: { disabled: true } }],
      ['DELETE', '/acp/v1/clusters/outside'],
      ['POST', '/auth/v1/users', {}],
      ['POST', '/auth/v1/signingkeys/rotate'],
      ['DELETE', `${TOKENS}?user=jane@example.org`],
      ['POST', TOKENS, { description: 'd', user: 'jane@example.org', scope: { readOnly: true } }],
    ];
    for (const [method, url, body] of tries) {
      const answer = await client.request<Status>(method, url, body);
      expect([answer.status, answer.body.details?.causes[0]?.field], `${method} ${url}`).toEqual([403, 'scope']);
    }
    expect((await client.get('/auth/v1/signingkeys')).status).toBe(200);
    expect((await archon.client.get<{ spec: { disabled: boolean } }>('/acp/v1/clusters/outside')).status).toBe(200);
  });

  it('list the clusters of the scope alone', async () => {
    const listed = async (scope: Scope) =>
      (await (await narrowed(scope)).get<{ items: { metadata: { name: string } }[] }>('/acp/v1/clusters')).body.items.map(
        ({ metadata }) => metadata.name,
      );
    expect(await listed(IN_A)).toEqual(['inside']);
    expect(await listed({ readOnly: true })).toEqual(['inside', 'outside']);
    const client = await narrowed(IN_A);
    expect((await client.get('/acp/v1/clusters/inside')).status).toBe(200);
    expect((await client.get('/acp/v1/clusters/outside')).status).toBe(403);
  });

  it('list and show the operations of the scope alone', async () => {
    const insert = (id: string, cluster: string, namespace: string) =>
      archon.database.query(
        `insert into operations (id, kind, cluster_id, cluster_name, namespace, name, phase, message, user_name, groups, acts_as, lease_owner, lease_until, created_at)
         values ($1, 'CreateApplication', $1, $2, $3, 'app', 'Succeeded', '', 'admin', '{}', 'caller', $1, now(), now())`,
        [id, cluster, namespace],
      );
    const [mine, other, elsewhere] = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [string, string, string];
    await Promise.all([insert(mine, 'inside', 'a'), insert(other, 'inside', 'b'), insert(elsewhere, 'outside', 'a')]);
    const listed = async (scope: Scope) =>
      (await (await narrowed(scope)).get<{ items: { id: string }[] }>('/acp/v1/operations')).body.items.map(({ id }) => id).toSorted();
    expect(await listed(IN_A)).toEqual([mine]);
    expect(await listed({ clusters: ['inside'] })).toEqual([mine, other]);
    expect(await listed({ namespaces: [{ namespace: 'a' }] })).toEqual([mine, elsewhere]);
    expect(await listed({ readOnly: true })).toEqual([mine, other, elsewhere]);
    const client = await narrowed(IN_A);
    expect((await client.get(`/acp/v1/operations/${mine}`)).status).toBe(200);
    expect((await client.get(`/acp/v1/operations/${other}`)).status).toBe(404);
  });

  it('take applications within the scope only, whatever the body says', async () => {
    const client = await narrowed(IN_A);
    const application = (namespace: string) => ({
      apiVersion: 'app.k8s.io/v1beta1',
      kind: 'Application',
      metadata: { name: 'shop' },
      spec: { componentTemplates: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace }, data: {} }] },
    });
    const url = (namespace: string) => `/acp/v1/kubernetes/inside/namespaces/${namespace}/applications`;
    const { requests } = await recorded(inside, async () => {
      expect((await client.post(url('b'), application('b'))).status).toBe(403);
      expect((await client.post(url('a'), application('b'))).status).toBe(422);
    });
    expect(requests.filter(({ url }) => url.includes('/namespaces/b'))).toEqual([]);
    const reader = await narrowed({ ...IN_A, readOnly: true });
    expect((await reader.post<Status>(`${url('a')}?dryRun=All`, application('a'))).body.details.causes[0]?.field).toBe('scope.verbs');
    const updater = await narrowed({ ...IN_A, verbs: ['get', 'list', 'update', 'patch'] });
    expect((await updater.put<Status>(`${url('a')}/shop`, application('a'))).body.details.causes[0]?.message).toBe(
      'needs the verb "create"',
    );
  });
});

describe('a token made with a token that has a scope', () => {
  let parent: Token;
  let client: ArchonClient;
  beforeAll(async () => {
    parent = await make({ clusters: ['inside'] });
    client = archon.client.as(parent.token);
  });

  it('is within that scope', async () => {
    const child = await make({ ...IN_A, readOnly: true }, client);
    expect(child.scope).toEqual({ ...IN_A, readOnly: true });
    expect((await archon.client.as(child.token).get('/kubernetes/inside/api/v1/namespaces/a/pods')).status).toBe(200);
  });

  it.each<[string, Scope | undefined]>([
    ['no scope', undefined],
    ['another cluster', { clusters: ['inside', 'outside'] }],
    ['any cluster', { readOnly: true }],
    ['a namespace of any cluster', { namespaces: [{ namespace: 'a' }] }],
  ])('never has a wider one: %s', async (_, scope) => {
    const answer = await client.post<Status>(TOKENS, { description: 'wider', ...(scope && { scope }) });
    expect([answer.status, answer.body.details.causes[0]?.field]).toEqual([403, 'scope']);
  });

  it('does not outlive it', async () => {
    const answer = await client.post<Status>(TOKENS, { description: 'later', scope: IN_A, expiration: parent.expiration + 1 });
    expect([answer.status, answer.body.details.causes[0]?.field]).toEqual([422, 'expiration']);
    const short = await make({ clusters: ['inside'] }, archon.client, { expiration: now() + 600 });
    expect((await make(IN_A, archon.client.as(short.token))).expiration).toBe(short.expiration);
  });

  it('ends with it', async () => {
    const first = await make({ clusters: ['inside'] });
    const second = await make(IN_A, archon.client.as(first.token));
    const third = await make({ ...IN_A, verbs: ['get', 'list', 'create'] }, archon.client.as(second.token));
    expect((await archon.client.delete(`${TOKENS}/${first.id}`)).status).toBe(204);
    for (const { token } of [first, second, third]) expect((await archon.client.as(token).get('/acp/v1/whoami')).status).toBe(401);
  });

  it('sees and touches no other token', async () => {
    const own = await make({ clusters: ['inside'] });
    const with_ = archon.client.as(own.token);
    const child = await make(IN_A, with_);
    const { body } = await with_.get<{ items: Token[] }>(TOKENS);
    expect(body.items.map(({ id }) => id).toSorted()).toEqual([own.id, child.id].toSorted());
    for (const id of [parent.id, foreignToken.id]) {
      expect((await with_.get(`${TOKENS}/${id}`)).status).toBe(404);
      expect((await with_.delete(`${TOKENS}/${id}`)).status).toBe(404);
      expect((await with_.post(`${TOKENS}/${id}/rotate`, {})).status).toBe(404);
    }
  });
});

it.each<[string, unknown, string]>([
  ['nothing in it', {}, 'scope'],
  ['a list of no clusters', { clusters: [] }, 'scope.clusters'],
  ['a cluster that is no name', { clusters: ['*'] }, 'scope.clusters'],
  ['an unknown verb', { verbs: ['impersonate'] }, 'scope.verbs'],
  ['an unknown field', { regions: ['shop'] }, 'scope.regions'],
  ['a project that does not exist', { projects: ['nowhere'] }, 'scope'],
  ['a namespace that is no name', { namespaces: [{ namespace: '' }] }, 'scope.namespaces[0].namespace'],
  ['namespaces of clusters outside of it', { clusters: ['c1'], namespaces: [{ cluster: 'c2', namespace: 'a' }] }, 'scope'],
  ['no verb left', { verbs: ['create'], readOnly: true }, 'scope'],
])('a scope with %s is refused with 422', async (_, scope, field) => {
  const answer = await archon.client.post<Status>(TOKENS, { description: 'd', scope });
  expect([answer.status, answer.body.details?.causes.map((cause) => cause.field)], answer.text).toEqual([422, [field]]);
});

it('of a project serves kubectl in the namespaces that the project has at the time, and in no other', { timeout: 60_000 }, async () => {
  await archon.register(inject('environment').clusters.c1);
  const [project, other] = [uniqueName('scoped'), uniqueName('other')];
  for (const name of [project, other])
    expect((await archon.client.post('/acp/v1/projects', { metadata: { name }, spec: { clusters: [{ name: 'c1' }] } })).status).toBe(201);
  const client = await narrowed({ projects: [project] });
  const create = (of: string, name: string) => client.post<Status>('/acp/v1/kubernetes/c1/general-namespaces', { project: of, name });
  const foreign = await create(other, 'dev');
  expect([foreign.status, foreign.body.details.causes[0]?.field]).toEqual([403, 'scope.namespaces']);
  expect((await create(project, 'dev')).status).toBe(200);
  // What has just been made is reached at once.
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' } };
  expect((await client.post(`/kubernetes/c1/api/v1/namespaces/${project}-dev/configmaps`, configMap)).status).toBe(201);
  for (const url of [`/kubernetes/c1/api/v1/namespaces/${other}/pods`, '/kubernetes/c1/api/v1/pods', '/kubernetes/c2/version'])
    expect((await client.get(url)).status, url).toBe(403);
  const listed = async (url: string) =>
    (await client.get<{ items: { metadata: { name: string } }[] }>(url)).body.items.map(({ metadata }) => metadata.name);
  expect(await listed('/acp/v1/projects')).toEqual([project]);
  expect(await listed(`/acp/v1/projects/${project}/namespaces`)).toEqual([`${project}-dev`]);
  expect((await archon.client.post('/acp/v1/kubernetes/c1/general-namespaces', { project: other, name: 'dev' })).status).toBe(200);
  const ofNamespace = await narrowed({ namespaces: [{ cluster: 'c1', namespace: `${other}-dev` }] });
  const projects = await ofNamespace.get<{ items: { metadata: { name: string } }[] }>('/acp/v1/projects');
  expect(projects.body.items.map(({ metadata }) => metadata.name)).toEqual([other]);
  expect([
    (await client.get(`/acp/v1/projects/${project}`)).status,
    (await client.get(`/acp/v1/projects/${project}/members`)).status,
    (await client.get(`/acp/v1/projects/${other}`)).status,
    (await client.get(`/acp/v1/projects/${other}/members`)).status,
    // More quota, or another cluster, is what the platform gives.
    (await client.patch(`/acp/v1/projects/${project}`, { spec: { clusters: [] } })).status,
    // What no project holds is none of its own either.
    (await client.put('/acp/v1/kubernetes/c1/general-namespaces/default', { project })).status,
  ]).toEqual([200, 200, 403, 403, 403, 403]);
  expect((await client.get<{ restrictions: Scope }>('/acp/v1/whoami')).body.restrictions).toEqual({ projects: [project] });
  // What leaves the project leaves the scope, at the next request.
  const removed = await archon.client.post(`/acp/v1/kubernetes/c1/namespaces/${project}-dev/remove`, {});
  expect(removed.status, removed.text).toBeLessThan(300);
  await eventually(async () => (await client.get(`/kubernetes/c1/api/v1/namespaces/${project}-dev/configmaps/made`)).status === 403, {
    what: 'the removed namespace to be out of the scope',
    timeoutMs: 10_000,
  });
});

it('serves kubectl within one namespace of a real cluster, and tells it what is missing elsewhere', async () => {
  await archon.register(inject('environment').clusters.c2);
  const namespace = await createNamespace(archon.client, ['c2'], 'scoped');
  const { token } = await make({ namespaces: [{ cluster: 'c2', namespace }] });
  const kubectl = await archon.kubectl('c2', token);
  expect((await kubectl.run(['create', 'configmap', 'made', '-n', namespace])).code).toBe(0);
  expect((await kubectl.run(['get', 'configmap', 'made', '-n', namespace, '-o', 'name'])).stdout).toContain('configmap/made');
  for (const command of [
    ['get', 'pods', '-A'],
    ['get', 'nodes'],
    ['delete', 'namespace', namespace],
    ['get', 'secrets', '-n', 'kube-system'],
  ]) {
    const { code, stderr } = await kubectl.run(command);
    expect([code === 0, stderr]).toEqual([false, expect.stringMatching(/scope does not allow this: it needs/)]);
  }
});
