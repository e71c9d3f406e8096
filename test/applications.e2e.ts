import { readFile } from 'node:fs/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  APPLICATION_EXAMPLE,
  APPLICATION_PATCH_EXAMPLE,
  APPLICATION_YAML_EXAMPLE,
} from '../apps/archon/src/applications/application-examples.js';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody, listObjects } from './support/cluster-objects.js';
import { eventually } from './support/wait-for.js';

interface ApplicationBody extends KubernetesBody {
  spec: { componentKinds: { group: string; kind: string }[]; assemblyPhase: string; componentTemplates?: unknown };
  status: {
    state: string;
    totalComponents: number;
    workloadsStatus: { workloads: { name: string; status: string; messages: { message: string }[] }[] };
  };
}
type Status = {
  code: number;
  reason: string;
  message: string;
  details: { causes: { field: string; message: string }[]; operation?: string };
};

const YAML = { 'content-type': 'application/yaml' };
const configMap = (name: string, data: Record<string, string> = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const application = (name: string, componentTemplates: object[], metadata: object = {}) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name, ...metadata },
  spec: { componentTemplates },
});

let archon: Archon;
let ns: string;
const path = (cluster: string, name = '') => `/acp/v1/kubernetes/${cluster}/namespaces/${ns}/applications${name === '' ? '' : `/${name}`}`;
const names = (objects: KubernetesBody[]) => objects.map((object) => `${object.kind}/${object.metadata.name}`);

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1', 'c2'] });
  ns = await createNamespace(archon.client, ['c1', 'c2'], 'apps');
});
afterAll(() => archon?.dispose());

describe('an application on a real node', () => {
  it('runs, answers over HTTP through the proxied Service, and vanishes on DELETE', { timeout: 120_000 }, async () => {
    const { client } = archon;
    expect(inject('environment').clusters.c1.nodeUnavailable).toBeUndefined();
    const created = await client.post<ApplicationBody>(path('c1'), APPLICATION_EXAMPLE);
    expect(created.status, created.text).toBe(200);
    expect(created.body.spec).toMatchObject({
      assemblyPhase: 'Succeeded',
      componentKinds: [
        { group: 'apps', kind: 'Deployment' },
        { group: '', kind: 'Service' },
      ],
    });
    expect(created.body.spec.componentTemplates).toBeUndefined();

    await eventually(async () => (await client.get<ApplicationBody[]>(path('c1', 'shop'))).body[0]?.status.state === 'Running', {
      what: 'the application to run',
      timeoutMs: 60_000,
    });
    const parts = (await client.get<KubernetesBody[]>(path('c1', 'shop'))).body;
    expect(names(parts)).toEqual(['Application/shop', 'Deployment/web', 'Service/web']);
    const deployment = parts[1] as unknown as V1Deployment;
    expect(deployment.spec?.selector.matchLabels).toEqual({ app: 'web', 'app.cpaas.io/name': `shop.${ns}` });
    expect(deployment.metadata?.ownerReferences?.[0]).toMatchObject({ kind: 'Application', name: 'shop', uid: parts[0]?.metadata.uid });

    const service = `/kubernetes/c1/api/v1/namespaces/${ns}/services/web:http/proxy/`;
    const answer = await eventually(
      async () => {
        const page = await client.get<{ version: string }>(service);
        return page.status === 200 && page;
      },
      { what: 'the Service to answer', timeoutMs: 20_000 },
    );
    expect(answer.body.version).toBe('v1');

    expect((await client.delete(path('c1', 'shop'))).status).toBe(204);
    await eventually(async () => (await listObjects(client, 'c1', ns)).length === 0, { what: 'everything to vanish', timeoutMs: 60_000 });
  });
});

describe('create', () => {
  it('takes YAML documents, and components without an Application when it is named', async () => {
    const fromYaml = await archon.client.post<ApplicationBody>(path('c2'), APPLICATION_YAML_EXAMPLE, YAML);
    expect([fromYaml.status, fromYaml.body.metadata.name, fromYaml.body.status.state]).toEqual([200, 'shop', 'Empty']);
    const named = await archon.client.post<ApplicationBody>(
      `${path('c2')}?name=loose`,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: loose-a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: loose-b}\n',
      YAML,
    );
    expect([named.status, named.body.status.totalComponents]).toEqual([200, 2]);
    expect(names((await archon.client.get<KubernetesBody[]>(path('c2', 'loose'))).body)).toEqual([
      'Application/loose',
      'ConfigMap/loose-a',
      'ConfigMap/loose-b',
    ]);
  });

  it('keeps fields and digits that no type of ours knows', async () => {
    const template =
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"exact"},"spec":{"replicas":0,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"securityContext":{"runAsUser":9007199254740993},"containers":[{"name":"c","image":"x"}]}}}}';
    const body = `{"apiVersion":"app.k8s.io/v1beta1","kind":"Application","metadata":{"name":"exact"},"spec":{"componentTemplates":[${template}]}}`;
    const created = await archon.client.post(path('c2'), body, { 'content-type': 'application/json' });
    expect(created.status, created.text).toBe(422); // Kubernetes limits a UID; its message shows which number arrived
    expect(created.text).toContain('9007199254740993');
  });

  it('does nothing with dryRun=All but says what would be', async () => {
    const before = await listObjects(archon.client, 'c2', ns);
    const tried = await archon.client.post<ApplicationBody>(`${path('c2')}?dryRun=All`, application('tried', [configMap('tried')]));
    expect([tried.status, tried.body.status.totalComponents]).toEqual([200, 1]);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
    expect((await archon.client.get(path('c2', 'tried'))).status).toBe(404);
  });
});

describe('delete', () => {
  it('only tries with dryRun=All, and removes everything without', async () => {
    const before = await listObjects(archon.client, 'c2', ns);
    await archon.client.post(path('c2'), application('delete', [configMap('delete-a'), configMap('delete-b')]));
    const made = await listObjects(archon.client, 'c2', ns);
    expect((await archon.client.delete(`${path('c2', 'delete')}?dryRun=All`)).status).toBe(204);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(made);
    expect((await archon.client.delete(path('c2', 'delete'))).status).toBe(204);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
    expect((await archon.client.delete(path('c2', 'delete'))).status).toBe(404);
  });

  it('removes nothing when the caller may not delete one of the components', async () => {
    const user = await archon.as('remover@example.org');
    const rules = [
      { apiGroups: ['app.k8s.io', ''], resources: ['applications', 'configmaps'], verbs: ['*'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] },
    ];
    const rbac = `/kubernetes/c2/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}`;
    await archon.client.post(`${rbac}/roles`, { metadata: { name: 'remover' }, rules });
    await archon.client.post(`${rbac}/rolebindings`, {
      metadata: { name: 'remover' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'remover' },
      subjects: [{ kind: 'User', name: 'remover@example.org', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    await archon.client.post(
      path('c2'),
      application('guarded', [configMap('guarded'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'guarded' } }]),
    );
    const before = await listObjects(archon.client, 'c2', ns);
    for (const refused of [
      await user.delete<Status>(path('c2', 'guarded')),
      await user.put<Status>(path('c2', 'guarded'), application('guarded', [configMap('guarded')])),
    ]) {
      expect([refused.status, refused.body.message]).toEqual([403, expect.stringContaining('cannot delete resource "secrets"')]);
      expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
    }
  });
});

describe('list', () => {
  it('gives each application with its own status, in pages', async () => {
    await archon.client.post(path('c2'), application('list-a', [configMap('list-a')], { labels: { list: 'yes' } }));
    await archon.client.post(path('c2'), application('list-b', [configMap('list-b'), configMap('list-b2')], { labels: { list: 'yes' } }));
    const first = await archon.client.get<{ items: ApplicationBody[]; metadata: { continue: string } }>(
      `${path('c2')}?labelSelector=list%3Dyes&limit=1`,
    );
    expect(first.body.items.map((item) => [item.metadata.name, item.status.totalComponents])).toEqual([['list-a', 1]]);
    const second = await archon.client.get<{ items: ApplicationBody[] }>(
      `${path('c2')}?labelSelector=list%3Dyes&limit=1&continue=${first.body.metadata.continue}`,
    );
    expect(second.body.items.map((item) => [item.metadata.name, item.status.totalComponents])).toEqual([['list-b', 2]]);
  });
});

describe('replace and patch', () => {
  const create = async (name: string) => {
    const answer = await archon.client.post(
      path('c2'),
      application(name, [configMap(`${name}-kept`, { k: '1' }), configMap(`${name}-changed`, { k: '1' }), configMap(`${name}-gone`)]),
    );
    expect(answer.status, answer.text).toBe(200);
  };
  const dataOf = async (name: string) =>
    (await listObjects(archon.client, 'c2', ns))
      .filter((object) => object.metadata.name?.startsWith(`${name}-`))
      .map((object) => [object.metadata.name, object.data]);
  const versionOf = async (name: string) =>
    (await archon.client.get<KubernetesBody>(`/kubernetes/c2/api/v1/namespaces/${ns}/configmaps/${name}`)).body.metadata.resourceVersion;

  it('PUT makes what is new, changes what differs, removes what is left out, and does not touch the rest', async () => {
    await create('put');
    const before = await versionOf('put-kept');
    const body = application('put', [
      configMap('put-kept', { k: '1' }),
      configMap('put-changed', { other: '2' }),
      configMap('put-new', {}),
    ]);
    const replaced = await archon.client.put<ApplicationBody>(path('c2', 'put'), body);
    expect([replaced.status, replaced.body.status.totalComponents]).toEqual([200, 3]);
    expect(await dataOf('put')).toEqual([
      ['put-changed', { other: '2' }],
      ['put-kept', { k: '1' }],
      ['put-new', undefined],
    ]);
    expect(await versionOf('put-kept')).toBe(before);
  });

  it('PUT without components changes the Application alone', async () => {
    await create('head');
    const before = await dataOf('head');
    const body = {
      apiVersion: 'app.k8s.io/v1beta1',
      kind: 'Application',
      metadata: { name: 'head', annotations: { 'cpaas.io/display-name': 'Head' } },
      spec: {},
    };
    const replaced = await archon.client.put<ApplicationBody>(path('c2', 'head'), body);
    expect([replaced.status, replaced.body.metadata.annotations?.['cpaas.io/display-name'], replaced.body.status.totalComponents]).toEqual([
      200,
      'Head',
      3,
    ]);
    expect(await dataOf('head')).toEqual(before);
  });

  it('PATCH takes a merge patch, a JSON patch and applied documents', async () => {
    await create('patch');
    const merged = await archon.client.patch<ApplicationBody>(path('c2', 'patch'), APPLICATION_PATCH_EXAMPLE);
    expect([merged.status, merged.body.metadata.annotations?.['cpaas.io/display-name']]).toEqual([200, 'The web shop']);
    const index = names((await archon.client.get<KubernetesBody[]>(path('c2', 'patch'))).body.slice(1)).indexOf('ConfigMap/patch-changed');
    const operations = [{ op: 'replace', path: `/spec/componentTemplates/${index}/data/k`, value: '2' }];
    expect((await archon.client.patch(path('c2', 'patch'), operations, { 'content-type': 'application/json-patch+json' })).status).toBe(
      200,
    );
    const applied = await archon.client.patch(
      path('c2', 'patch'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: patch-kept}\ndata: {more: "3"}\n',
      { 'content-type': 'application/apply-patch+yaml' },
    );
    expect(applied.status, applied.text).toBe(200);
    expect(await dataOf('patch')).toEqual([
      ['patch-changed', { k: '2' }],
      ['patch-gone', undefined],
      ['patch-kept', { k: '1', more: '3' }],
    ]);
  });

  it('takes a field over from whoever changed it, because the caller says what shall be', async () => {
    await create('force');
    await archon.client.patch(`/kubernetes/c2/api/v1/namespaces/${ns}/configmaps/force-changed`, { data: { k: 'by hand' } });
    const answer = await archon.client.patch(
      path('c2', 'force'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: force-changed}\ndata: {k: "mine"}\n',
      { 'content-type': 'application/apply-patch+yaml' },
    );
    expect(answer.status, answer.text).toBe(200);
    expect((await dataOf('force'))[0]).toEqual(['force-changed', { k: 'mine' }]);
  });

  it('answers 409 to a resourceVersion that is not the newest, and changes nothing', async () => {
    await create('stale');
    const before = await dataOf('stale');
    const answer = await archon.client.put<Status>(path('c2', 'stale'), application('stale', [], { resourceVersion: '1' }));
    expect([answer.status, answer.body.reason, await dataOf('stale')]).toEqual([409, 'Conflict', before]);
  });
});

describe('bad input changes nothing', () => {
  const docs = (count: number) =>
    Array.from({ length: count }, (_, i) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: many-${i}}\n`).join('---\n');
  const namespaced = (object: object, namespace: string) => ({
    ...object,
    metadata: { ...(object as { metadata: object }).metadata, namespace },
  });
  const json = { 'content-type': 'application/json' };

  it.each<[string, () => string | object, Record<string, string>, number, RegExp]>([
    ['another kind', () => configMap('a'), json, 400, /must be an Application/],
    [
      'a namespace that differs from the URL',
      () => application('bad', [], { namespace: 'kube-system' }),
      json,
      400,
      /does not match the namespace on the URL/,
    ],
    [
      'a resource of another namespace',
      () => application('bad', [configMap('a'), namespaced(configMap('b'), 'kube-system')]),
      json,
      422,
      /componentTemplates\[1\]\.metadata\.namespace/,
    ],
    [
      'a kind that the cluster lacks',
      () => application('bad', [{ apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name: 'a' } }]),
      json,
      422,
      /Widget\.example\.org "a".*does not serve/,
    ],
    [
      'a cluster-scoped kind',
      () => application('bad', [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }]),
      json,
      422,
      /not part of a namespace/,
    ],
    ['101 documents', () => docs(101), YAML, 422, /at most 100/],
    [
      'a YAML bomb',
      () =>
        `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
          .split('')
          .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
          .join('\n')}`,
      YAML,
      400,
      /aliases expand/,
    ],
    ['a duplicate key in YAML', () => 'apiVersion: v1\nkind: A\nkind: B\n', YAML, 400, /stands twice.*line 3, column 1/],
    ['a duplicate key in JSON', () => '{"kind":"A",\n"kind":"B"}', json, 400, /stands twice.*line 2, column 1/],
    ['malformed YAML', () => 'a: b\n  c: [d\n', YAML, 400, /line \d+, column \d+/],
    ['malformed JSON', () => '{"a":\n  x}', json, 400, /line 2, column 3/],
    [
      '__proto__ in JSON',
      () => '{"apiVersion":"app.k8s.io/v1beta1","kind":"Application","metadata":{"name":"bad","__proto__":{"a":1}}}',
      json,
      400,
      /__proto__/,
    ],
    ['__proto__ in YAML', () => 'kind: Application\n__proto__: {a: 1}\n', YAML, 400, /__proto__/],
    ['depth 65', () => `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, json, 400, /deeper than 64/],
    ['3 MiB + 1', () => ' '.repeat(3 * 1024 * 1024 + 1), json, 413, /3145728 bytes/],
    [
      'two resources with one name',
      () => application('bad', [configMap('a'), configMap('a')]),
      json,
      422,
      /componentTemplates\[1\]\.metadata\.name/,
    ],
    ['no body', () => '', json, 400, /no body/],
    ['an unknown media type', () => 'a', { 'content-type': 'text/csv' }, 415, /application\/yaml/],
    [
      'a field that the cluster refuses',
      () => application('bad', [configMap('fine'), { ...configMap('bad'), data: { 'a b': 'x' } }]),
      json,
      422,
      /data/,
    ],
    ['a namespace that does not exist', () => application('bad', [configMap('fine')]), json, 404, /not found/],
  ])('%s', async (what, body, headers, code, message) => {
    const before = await listObjects(archon.client, 'c2', ns);
    const url =
      what === 'a namespace that does not exist'
        ? '/acp/v1/kubernetes/c2/namespaces/absent/applications'
        : what === '101 documents'
          ? `${path('c2')}?name=many`
          : path('c2');
    const answer = await archon.client.post<Status>(url, body(), headers);
    expect([answer.status, answer.body.code, answer.body], answer.text).toEqual([
      code,
      code,
      expect.objectContaining({ kind: 'Status', status: 'Failure' }),
    ]);
    expect(answer.body.message).toMatch(message);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
  });

  it('a name on the URL that differs', async () => {
    const answer = await archon.client.put<Status>(path('c2', 'other'), application('bad', []));
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining('does not match the name on the URL')]);
  });

  it('an Application that exists, and a resource that somebody else has made', async () => {
    await archon.client.post(path('c2'), application('taken', [configMap('taken')]));
    await archon.client.post(`/kubernetes/c2/api/v1/namespaces/${ns}/configmaps`, configMap('foreign', { by: 'somebody' }));
    const before = await listObjects(archon.client, 'c2', ns);
    const again = await archon.client.post<Status>(path('c2'), application('taken', [configMap('more')]));
    expect([again.status, again.body.reason]).toEqual([409, 'AlreadyExists']);
    const foreign = await archon.client.post<Status>(
      path('c2'),
      application('thief', [configMap('first'), configMap('foreign', { by: 'thief' })]),
    );
    expect([foreign.status, foreign.body.reason, foreign.body.message]).toEqual([
      409,
      'AlreadyExists',
      expect.stringContaining('ConfigMap "foreign" exists already'),
    ]);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
  });

  it('a caller without rights on the third of five resources', async () => {
    const user = await archon.as('jane@example.org');
    const rules = [
      { apiGroups: ['app.k8s.io'], resources: ['applications'], verbs: ['*'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'patch'] },
    ];
    const rbac = `/kubernetes/c2/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}`;
    await archon.client.post(`${rbac}/roles`, { metadata: { name: 'some' }, rules });
    await archon.client.post(`${rbac}/rolebindings`, {
      metadata: { name: 'some' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'some' },
      subjects: [{ kind: 'User', name: 'jane@example.org', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'third' } };
    const before = await listObjects(archon.client, 'c2', ns);
    const refused = await user.post<Status>(
      path('c2'),
      application('partial', [configMap('first'), configMap('second'), secret, configMap('fourth'), configMap('fifth')]),
    );
    expect([refused.status, refused.body.reason, refused.body.message]).toEqual([
      403,
      'Forbidden',
      expect.stringContaining('secrets "third" is forbidden'),
    ]);
    expect(refused.body.details.causes.map((cause) => cause.field)).toEqual(['Secret "third"']);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
    // Without the Secret the same caller may: the refusal was about that one resource.
    expect((await user.post(path('c2'), application('partial', [configMap('first')]))).status).toBe(200);
  });
});

describe('operations', () => {
  it('show who changed what, to the one who did and to administrators', async () => {
    await archon.client.post(path('c2'), application('journal', [configMap('journal', { password: 'CANARY' })]));
    const mine = await archon.client.get<{
      items: { kind: string; phase: string; request: { name: string }; steps: { target: string; state: string }[] }[];
    }>('/acp/v1/operations?limit=500');
    const operation = mine.body.items.find((item) => item.request.name === 'journal');
    expect(operation).toMatchObject({ kind: 'CreateApplication', phase: 'Succeeded' });
    expect(operation?.steps.map((step) => `${step.target} ${step.state}`)).toEqual([
      'Application.app.k8s.io "journal" Done',
      'ConfigMap "journal" Done',
      'Application.app.k8s.io "journal" Done',
    ]);
    const others = await (await archon.as('nobody@example.org')).get<{ items: unknown[] }>('/acp/v1/operations');
    expect(others.body.items).toEqual([]);
  });

  it('keep nothing of a Secret in the journal, the logs or the answers of failures', async () => {
    const secret = (value: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden' }, stringData: { password: value } });
    await archon.client.post(path('c2'), application('hidden', [secret('CANARY-1')]));
    expect((await archon.client.put(path('c2', 'hidden'), application('hidden', [secret('CANARY-2')]))).status).toBe(200);
    const rows = await archon.database.query<{ row: string }>(
      'select o::text || s::text as row from operations o join operation_steps s on s.operation_id = o.id',
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map((row) => row.row).join('\n')).not.toContain('CANARY');
    expect(rows.map((row) => row.row).join('\n')).not.toContain('v1:'); // not even encrypted, once it is over
    expect(archon.log).not.toContain('CANARY');
    expect(archon.log).not.toContain((await readFile(`${archon.state}/admin-token`, 'utf8')).trim());
  });
});
