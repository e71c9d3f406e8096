import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESOURCES_EXAMPLE } from '../apps/archon/src/resources/resource-examples.js';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody, listObjects, uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import type { OperationBody } from './support/operations.js';
import { eventually } from './support/wait-for.js';

type Status = {
  code: number;
  reason: string;
  message: string;
  details: { causes: { field: string; message: string; reason?: string }[] };
};

const URL = '/acp/v1/resources/c2/resources';
const YAML = { 'content-type': 'application/yaml' };
const JSON_TYPE = { 'content-type': 'application/json' };

let archon: Archon;
let ns: string;
let other: string;

const object = (kind: string, name: string, more: object = {}, namespace: string | undefined = ns) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace },
  ...more,
});
const configMap = (name: string, namespace?: string) => object('ConfigMap', name, { data: { by: 'archon' } }, namespace);
const clusterRole = (name: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
});
const inBoth = async () => [...(await listObjects(archon.client, 'c2', ns)), ...(await listObjects(archon.client, 'c2', other))];
const names = async () => (await inBoth()).map(({ metadata }) => metadata.name);
const statusOf = async (path: string) => (await archon.client.get(`/kubernetes/c2${path}`)).status;

/** Somebody who may do this, and nothing else, in the first namespace. */
async function allowed(user: string, rules: object[]): Promise<ArchonClient> {
  const rbac = `/kubernetes/c2/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}`;
  const name = user.split('@')[0];
  await archon.client.post(`${rbac}/roles`, { metadata: { name }, rules });
  await archon.client.post(`${rbac}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
  });
  return archon.as(user);
}

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1', 'c2'] });
  ns = await createNamespace(archon.client, ['c2'], 'resources');
  other = await createNamespace(archon.client, ['c2'], 'resources');
});
afterAll(() => archon?.dispose());

describe('objects that are created together', () => {
  it('may be of several kinds and namespaces, and of none', async () => {
    const role = uniqueName('resources');
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'several', namespace: ns },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'several' } },
        template: { metadata: { labels: { app: 'several' } }, spec: { containers: [{ name: 'a', image: 'archon.local/web:v1' }] } },
      },
    };
    const answer = await archon.client.post(URL, [configMap('several'), deployment, clusterRole(role), configMap('several', other)]);
    try {
      expect([answer.status, answer.text]).toEqual([204, '']);
      const made = (await inBoth()).filter(({ metadata }) => metadata.name === 'several');
      expect(made.map(({ metadata, data }) => [metadata.namespace, data])).toEqual([
        [ns, undefined],
        [ns, { by: 'archon' }],
        [other, { by: 'archon' }],
      ]);
      expect(await statusOf(`/apis/apps/v1/namespaces/${ns}/deployments/several`)).toBe(200);
      expect(await statusOf(`/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`)).toBe(200);
    } finally {
      await archon.client.delete(`/kubernetes/c2/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`);
    }
  });

  it('are those of the documentation', async () => {
    const example = RESOURCES_EXAMPLE.map((each) => ({ ...each, metadata: { ...each.metadata, namespace: ns } }));
    expect((await archon.client.post(URL, example)).status).toBe(204);
    expect(await names()).toEqual(expect.arrayContaining(['settings', 'web']));
  });

  it('come as documents of a YAML, or in a List', async () => {
    const document = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${ns}}\n`;
    expect((await archon.client.post(URL, `${document('yaml-a')}---\n${document('yaml-b')}`, YAML)).status).toBe(204);
    const list = { apiVersion: 'v1', kind: 'List', items: [configMap('list-a'), configMap('list-b')] };
    expect((await archon.client.post(URL, list)).status).toBe(204);
    expect(await names()).toEqual(expect.arrayContaining(['yaml-a', 'yaml-b', 'list-a', 'list-b']));
  });

  it('are copies when they were read from a cluster', async () => {
    await archon.client.post(URL, [configMap('original')]);
    const { body } = await archon.client.get<KubernetesBody>(`/kubernetes/c2/api/v1/namespaces/${ns}/configmaps/original`);
    const copy = { ...body, metadata: { ...body.metadata, namespace: other } };
    expect((await archon.client.post(URL, [copy])).status).toBe(204);
  });

  it('are only tried with dryRun=All', async () => {
    const before = await inBoth();
    expect((await archon.client.post(`${URL}?dryRun=All`, [configMap('tried')])).status).toBe(204);
    expect(await inBoth()).toEqual(before);
    const bad = await archon.client.post<Status>(`${URL}?dryRun=All`, [object('ConfigMap', 'tried', { data: { 'a b': '' } })]);
    expect(bad.status).toBe(422);
    expect((await archon.client.post<Status>(`${URL}?dryRun=Some`, [configMap('tried')])).status).toBe(422);
  });
});

describe('none is created', () => {
  const bad = (name: string) => object('ConfigMap', name, { data: { 'a b': 'x' } });

  it('when one of three is refused by the cluster; every fault is named', async () => {
    const before = await inBoth();
    const answer = await archon.client.post<Status>(URL, [configMap('fine'), bad('wrong'), bad('wrong-too')]);
    expect([answer.status, answer.body.reason, answer.body.message]).toEqual([
      422,
      'Invalid',
      expect.stringMatching(/^\[1\] ConfigMap "wrong": .*data/),
    ]);
    expect(answer.body.details.causes.map(({ field }) => field)).toEqual([
      expect.stringMatching(/^\[1\] ConfigMap "wrong": data/),
      expect.stringMatching(/^\[2\] ConfigMap "wrong-too": data/),
    ]);
    expect(await inBoth()).toEqual(before);
  });

  it('when one exists, which stays as it is', async () => {
    await archon.client.post(URL, [configMap('taken')]);
    const before = await inBoth();
    const answer = await archon.client.post<Status>(URL, [configMap('free'), object('ConfigMap', 'taken', { data: { by: 'thief' } })]);
    expect([answer.status, answer.body.reason, answer.body.message]).toEqual([
      409,
      'AlreadyExists',
      expect.stringMatching(/^\[1\] ConfigMap "taken": .*already exists/),
    ]);
    expect(await inBoth()).toEqual(before);
  });

  it('when the caller may not create one of them', async () => {
    const user = await allowed('creator@example.org', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }]);
    const before = await inBoth();
    const refused = await user.post<Status>(URL, [configMap('a'), object('Secret', 'b'), configMap('c', other)]);
    expect([refused.status, refused.body.reason, refused.body.message]).toEqual([
      403,
      'Forbidden',
      expect.stringMatching(/^\[1\] Secret "b": .*cannot create resource "secrets"/),
    ]);
    expect(refused.body.details.causes.map(({ field }) => field)).toEqual(['[1] Secret "b"', '[2] ConfigMap "c"']);
    expect(await inBoth()).toEqual(before);
    // The right to create is all that it takes.
    expect((await user.post(URL, [configMap('by-creator')])).status).toBe(204);
  });

  it('when two requests race for one object: the other one gets it, whole', async () => {
    const request = (by: string) =>
      archon.client.post<Status>(URL, [configMap(`of-${by}`), object('ConfigMap', 'raced', { data: { by } })]);
    const callers = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(callers.map(request));
    const codes = answers.map(({ status }) => status);
    expect([codes.filter((code) => code === 204).length, codes.filter((code) => code === 409).length]).toEqual([1, callers.length - 1]);
    const winner = callers[codes.indexOf(204)];
    const left = (await inBoth()).filter(({ metadata }) => metadata.name === 'raced' || metadata.name?.startsWith('of-'));
    expect(left.map(({ metadata, data }) => [metadata.name, data?.by])).toEqual([
      [`of-${winner}`, 'archon'],
      ['raced', winner],
    ]);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => configMap(`many-${index}`));
  it.each<[string, () => object | string, Record<string, string>, number, RegExp]>([
    ['no body', () => '', JSON_TYPE, 400, /holds no objects/],
    ['an empty array', () => [], JSON_TYPE, 400, /holds no objects/],
    ['an object that is no List', () => configMap('a'), JSON_TYPE, 400, /must be an array/],
    ['a text', () => '"a"', JSON_TYPE, 400, /must be an array/],
    ['an array of texts', () => ['a'], JSON_TYPE, 400, /nothing but Kubernetes objects: see \[0\]/],
    ['a YAML that is a text', () => 'a', YAML, 400, /nothing but Kubernetes objects/],
    ['an unknown media type', () => 'a', { 'content-type': 'text/csv' }, 415, /application\/yaml/],
    [
      'a kind that the cluster lacks',
      () => [configMap('a'), { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name: 'b', namespace: ns } }],
      JSON_TYPE,
      422,
      /\[1\] Widget\.example\.org "b": .*does not serve/,
    ],
    [
      'a kind that is not stored',
      () => [{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: { name: 'a' }, spec: {} }],
      JSON_TYPE,
      422,
      /\[0\]\.kind: .*does not keep/,
    ],
    [
      'an object without its namespace',
      () => [configMap('a'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }],
      JSON_TYPE,
      422,
      /\[1\]\.metadata\.namespace: is required/,
    ],
    [
      'a namespace where there is none',
      () => [{ ...clusterRole('a'), metadata: { name: 'a', namespace: ns } }],
      JSON_TYPE,
      422,
      /\[0\]\.metadata\.namespace: must be absent/,
    ],
    [
      'a name that is left to the cluster',
      () => [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'a-', namespace: ns } }],
      JSON_TYPE,
      422,
      /\[0\]\.metadata\.name: is required/,
    ],
    [
      'one object twice',
      () => [configMap('a'), configMap('b'), configMap('a')],
      JSON_TYPE,
      422,
      /\[2\]\.metadata\.name: .*the first is \[0\]/,
    ],
    ['101 objects', () => many(101), JSON_TYPE, 422, /at most 100/],
    ['a field that the kind lacks', () => [{ ...configMap('a'), dat: {} }], JSON_TYPE, 400, /\[0\] ConfigMap "a": .*unknown field "dat"/],
    ['a namespace that does not exist', () => [configMap('a', 'absent-namespace')], JSON_TYPE, 404, /"absent-namespace" not found/],
    [
      'a namespace of the same request',
      () => [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made-here' } }, configMap('a', 'made-here')],
      JSON_TYPE,
      422,
      /\[1\]\.metadata\.namespace: .*create the namespace first/,
    ],
  ])('of %s', async (_what, body, headers, code, message) => {
    const before = await inBoth();
    const answer = await archon.client.post<Status>(URL, body(), headers);
    expect([answer.status, answer.body.code], answer.text).toEqual([code, code]);
    expect(answer.body.message).toMatch(message);
    expect(await inBoth()).toEqual(before);
  });

  it('on a cluster that is not registered', async () => {
    expect((await archon.client.post('/acp/v1/resources/absent/resources', [configMap('a')])).status).toBe(404);
  });
});

it('a hundred objects are created at once', async () => {
  const objects = Array.from({ length: 100 }, (_, index) => configMap(`hundred-${index}`));
  expect((await archon.client.post(URL, objects)).status).toBe(204);
  expect((await names()).filter((name) => name?.startsWith('hundred-'))).toHaveLength(100);
});

describe('a token with a scope', () => {
  const scoped = async (scope: object) => {
    const answer = await archon.client.post<{ token: string }>('/auth/v1/accesstoken', { description: 'scoped', scope });
    expect(answer.status, answer.text).toBe(201);
    return archon.client.as(answer.body.token);
  };
  const ofNamespace = () => ({ namespaces: [{ cluster: 'c2', namespace: ns }] });

  it('of a namespace creates in it, and nowhere else', async () => {
    const client = await scoped(ofNamespace());
    expect((await client.post(URL, [configMap('scoped')])).status).toBe(204);
    const before = await inBoth();
    for (const [objects, missing] of [
      [[configMap('scoped-a'), configMap('scoped-b', other)], `the namespace "${other}"`],
      [[configMap('scoped-a'), clusterRole(uniqueName('scoped'))], 'all namespaces of the cluster'],
      [[{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: uniqueName('scoped') } }], 'all namespaces of the cluster'],
    ] as const) {
      const refused = await client.post<Status>(URL, objects);
      expect([refused.status, refused.body.message], missing).toEqual([403, expect.stringContaining(missing)]);
      expect(refused.body.details.causes.map(({ reason }) => reason)).toEqual(['OutOfScope']);
    }
    expect(await inBoth()).toEqual(before);
  });

  it('of another cluster, or without the verb, creates nothing', async () => {
    const before = await inBoth();
    for (const scope of [{ clusters: ['c1'] }, { ...ofNamespace(), verbs: ['get', 'patch'] }, { ...ofNamespace(), readOnly: true }]) {
      const refused = await (await scoped(scope)).post<Status>(URL, [configMap('scoped-c')]);
      expect([refused.status, refused.body.message]).toEqual([403, expect.stringContaining('scope')]);
    }
    expect(await inBoth()).toEqual(before);
  });
});

describe('the operation', () => {
  it('shows what was created, by whom, and nothing of a Secret, nor do logs and failures', async () => {
    const secret = (name: string) => object('Secret', name, { stringData: { password: 'CANARY' } });
    expect((await archon.client.post(URL, [secret('hidden'), configMap('shown')])).status).toBe(204);
    const failed = await archon.client.post(URL, [object('Secret', 'hidden-too', { stringData: { 'a b': 'CANARY' } }), secret('hidden')]);
    expect([failed.status, failed.text]).toEqual([422, expect.not.stringContaining('CANARY')]);

    const { body } = await archon.client.get<{ items: (OperationBody & { request: object })[] }>('/acp/v1/operations?limit=1');
    expect(body.items[0]).toMatchObject({
      kind: 'CreateResources',
      phase: 'Succeeded',
      request: { cluster: 'c2', namespace: ns, name: `Secret "hidden" in namespace "${ns}" and 1 more` },
    });
    expect(body.items[0]?.steps.map(({ target, state }) => `${target} ${state}`)).toEqual([
      `Secret "hidden" in namespace "${ns}" Done`,
      `ConfigMap "shown" in namespace "${ns}" Done`,
    ]);
    const rows = await archon.database.query<{ row: string }>(
      'select o::text || s::text as row from operations o join operation_steps s on s.operation_id = o.id',
    );
    expect(rows.map(({ row }) => row).join('\n')).toContain('hidden');
    expect(rows.map(({ row }) => row).join('\n')).not.toContain('CANARY');
    expect(archon.log).not.toContain('CANARY');
  });

  it('takes everything back when the cluster refuses in the middle what it had not refused in the trial', async () => {
    await archon.client.post(`/kubernetes/c2/api/v1/namespaces/${other}/resourcequotas`, {
      metadata: { name: 'one-secret' },
      spec: { hard: { 'count/secrets': '1' } },
    });
    await eventually(
      async () => {
        const url = `/kubernetes/c2/api/v1/namespaces/${other}/resourcequotas/one-secret`;
        return (await archon.client.get<{ status?: { used?: object } }>(url)).body.status?.used !== undefined;
      },
      { what: 'the quota to count' },
    );
    const before = await inBoth();
    const secrets = ['a', 'b', 'c'].map((name) => object('Secret', `quota-${name}`, {}, other));
    const answer = await archon.client.post<Status & { details: { operation: string } }>(URL, [configMap('quota'), ...secrets]);
    expect([answer.status, answer.body.message]).toEqual([403, expect.stringMatching(/exceeded quota.*nothing was changed/)]);
    expect(await inBoth()).toEqual(before);
    const operation = await archon.client.get<OperationBody>(`/acp/v1/operations/${answer.body.details.operation}`);
    expect([operation.body.phase, operation.body.steps.map(({ state }) => state)]).toEqual(['Undone', Array(4).fill('Undone')]);
  });
});

describe('the resource types of a cluster', () => {
  it('are listed by group and version', async () => {
    const { status, body } = await archon.client.get<{ groupVersion: string; resources: object[] }[]>('/acp/v1/resources/c1/resourcetypes');
    expect(status).toBe(200);
    const of = (groupVersion: string) => body.find((each) => each.groupVersion === groupVersion)?.resources;
    expect(of('v1')).toContainEqual(expect.objectContaining({ name: 'pods', version: 'v1', kind: 'Pod', namespaced: true }));
    expect(of('v1')?.some((each) => 'group' in each)).toBe(false);
    expect(of('apps/v1')).toContainEqual(expect.objectContaining({ name: 'deployments', group: 'apps', version: 'v1' }));
    expect((await archon.client.get('/acp/v1/resources/absent/resourcetypes')).status).toBe(404);
  });
});
