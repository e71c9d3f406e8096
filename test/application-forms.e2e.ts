import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stringify } from 'yaml';
import { APPLICATION_FORM_EXAMPLE } from '../apps/archon/src/applications/forms/form-examples.js';
import { seed as chosenSeed, volume } from './support/acceptance.js';
import { applicationForms, type FormSite, fullForm } from './support/application-forms.js';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody, listObjects, uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import { eventually } from './support/wait-for.js';

interface Preview extends KubernetesBody {
  spec: { componentTemplates: (KubernetesBody & { spec: Record<string, unknown> })[] };
}
type Status = { code: number; reason: string; message: string; details: { causes: { field: string; message: string }[] } };

const SITE: FormSite = { claim: 'data', configMap: 'settings', secret: 'keys' };
const YAML = { 'content-type': 'application/yaml' };

let archon: Archon;
let ns: string;
const volumes: string[] = [];
const applications = (cluster: string, namespace = ns) => `/acp/v1/kubernetes/${cluster}/namespaces/${namespace}/applications`;
const forms = (cluster: string, namespace = ns) => `${applications(cluster, namespace)}?from=form`;
const core = (cluster: string, namespace = ns) => `/kubernetes/${cluster}/api/v1/namespaces/${namespace}`;

/** What is there, and so has been created. */
async function make(path: string, object: object): Promise<void> {
  const answer = await archon.client.post(path, object);
  expect(answer.status, answer.text).toBe(201);
}

/** The objects that forms name: the claim is bound to a volume on the node. */
async function makeSite(cluster: string): Promise<void> {
  const volume = uniqueName('forms');
  volumes.push(`/kubernetes/${cluster}/api/v1/persistentvolumes/${volume}`);
  const storage = { storageClassName: '', accessModes: ['ReadWriteOnce'] };
  await make(`/kubernetes/${cluster}/api/v1/persistentvolumes`, {
    metadata: { name: volume },
    spec: { ...storage, capacity: { storage: '1Mi' }, hostPath: { path: '/tmp' }, claimRef: { namespace: ns, name: SITE.claim } },
  });
  const claim = (name: string) => ({ metadata: { name }, spec: { ...storage, resources: { requests: { storage: '1Mi' } } } });
  await make(`${core(cluster)}/persistentvolumeclaims`, { ...claim(SITE.claim), spec: { ...claim('').spec, volumeName: volume } });
  await make(`${core(cluster)}/persistentvolumeclaims`, claim('waiting'));
  await make(`${core(cluster)}/configmaps`, { metadata: { name: SITE.configMap }, data: { key: 'from-map' } });
  await make(`${core(cluster)}/secrets`, { metadata: { name: SITE.secret }, stringData: { key: 'from-secret' } });
  const tls = { 'tls.crt': '', 'tls.key': '' };
  await make(`${core(cluster)}/secrets`, { metadata: { name: 'cert' }, type: 'kubernetes.io/tls', stringData: tls });
  const phase = async () =>
    (await archon.client.get<{ status: { phase: string } }>(`${core(cluster)}/persistentvolumeclaims/${SITE.claim}`)).body.status.phase;
  await eventually(async () => (await phase()) === 'Bound', { what: 'the claim to be bound', timeoutMs: 30_000 });
}

/** Somebody who may do this, and nothing else, in a namespace of c2. */
async function allowed(name: string, namespace: string, rules: object[]): Promise<ArchonClient> {
  const rbac = `/kubernetes/c2/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await make(`${rbac}/roles`, { metadata: { name }, rules });
  await make(`${rbac}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'User', name: `${name}@example.org`, apiGroup: 'rbac.authorization.k8s.io' }],
  });
  return archon.as(`${name}@example.org`);
}

/** A small form; the container and the rest may say more. */
const form = (name: string, container: object = {}, spec: object = {}) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'ApplicationForm',
  metadata: { name },
  spec: {
    workload: { kind: 'Deployment', name, replicas: 0, containers: [{ name: 'c', image: 'archon.local/web:v1', ...container }] },
    ...spec,
  },
});
const web = { ports: [{ port: 80, targetPort: 8080 }] };
const causes = ({ body }: { body: Status }) => body.details.causes.map(({ field, message }) => `${field}: ${message}`);

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1', 'c2'] });
  ns = await createNamespace(archon.client, ['c1', 'c2'], 'forms');
  await Promise.all([makeSite('c1'), makeSite('c2')]);
});
afterAll(async () => {
  for (const volume of volumes) await archon?.client.delete(volume);
  await archon?.dispose();
});

describe('an application from a form', () => {
  it('APP-1 with all that a form can say runs on a real node, and answers through its Service', { timeout: 180_000 }, async () => {
    const { client } = archon;
    expect(inject('environment').clusters.c1.nodeUnavailable).toBeUndefined();
    const created = await client.post<KubernetesBody & { spec: object }>(forms('c1'), fullForm(SITE));
    expect(created.status, created.text).toBe(200);
    expect(created.body.spec).not.toHaveProperty('componentTemplates');
    const parts = (await client.get<KubernetesBody[]>(`${applications('c1')}/full`)).body;
    expect(parts.map(({ kind, metadata }) => `${kind}/${metadata.name}`).toSorted()).toEqual(
      ['Application/full', 'Deployment/full', 'Ingress/full', 'Service/full', 'Service/full-2'].toSorted(),
    );
    expect(parts[0]?.metadata).toMatchObject({ labels: { tier: 'gold' }, annotations: { 'cpaas.io/display-name': 'All of it' } });
    await eventually(
      async () => (await client.get<{ status: { state: string } }[]>(`${applications('c1')}/full`)).body[0]?.status.state === 'Running',
      { what: 'the application to run', timeoutMs: 120_000 },
    );
    const answer = await eventually(
      async () => {
        const page = await client.get<{ version: string }>(`${core('c1')}/services/full:tcp-80/proxy/`);
        return page.status === 200 && page;
      },
      { what: 'the Service to answer', timeoutMs: 20_000 },
    );
    expect(answer.body.version).toBe('v1');

    const pods = (await client.get<{ items: KubernetesBody[] }>(`${core('c1')}/pods?labelSelector=service.cpaas.io/name=deployment-full`))
      .body.items;
    expect(pods).toHaveLength(2);
    expect(pods[0]?.metadata.annotations).toMatchObject({ 'ovn.kubernetes.io/ip_pool': '10.16.0.1,10.16.0.2,10.16.0.3' });
    const said = await client.get(`${core('c1')}/pods/${pods[0]?.metadata.name}/log?container=teller`);
    expect(said.text.trim().replaceAll('\n', ' ')).toBe(
      `plain|from-map|from-secret|${ns}|100|from-secret|prepared from-map${'from-secret'}|/var/log/*.log,/logs/a.txt|/var/log/noise.log`,
    );
    expect((await client.delete(`${applications('c1')}/full`)).status).toBe(204);
  });

  it.each(['DaemonSet', 'StatefulSet'])('APP-1 may be a %s, which runs', { timeout: 120_000 }, async (kind) => {
    const name = kind.toLowerCase();
    const workload = { kind, name, terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'archon.local/web:v1' }] };
    const created = await archon.client.post(forms('c1'), { ...form(name), spec: { workload, services: [{ ...web, headless: true }] } });
    expect(created.status, created.text).toBe(200);
    await eventually(
      async () =>
        (await archon.client.get<{ status: { state: string } }[]>(`${applications('c1')}/${name}`)).body[0]?.status.state === 'Running',
      { what: `the ${kind} to run`, timeoutMs: 90_000 },
    );
    expect((await archon.client.delete(`${applications('c1')}/${name}`)).status).toBe(204);
  });

  it('APP-1 is that of the documentation, as JSON and as YAML', async () => {
    const guide = await readFile(path.join(import.meta.dirname, '../docs/guide/applications.md'), 'utf8');
    const [, ofGuide = ''] = /from=form" .*<<'EOF'\n(.*?)\nEOF/s.exec(guide) ?? [];
    expect((await archon.client.post<Preview>(`${forms('c2')}&dryRun=All`, ofGuide, YAML)).body.spec.componentTemplates).toHaveLength(3);
    expect((await archon.client.post(forms('c2'), APPLICATION_FORM_EXAMPLE)).status).toBe(200);
    expect((await archon.client.post(forms('c2'), stringify(form('from-yaml')), YAML)).status).toBe(200);
    const made = await listObjects(archon.client, 'c2', ns);
    expect(made.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['shop', 'web', 'from-yaml']));
  });

  it('APP-1 is told in documents by a dry run, which make the same when they are sent as they are', async () => {
    const before = await listObjects(archon.client, 'c2', ns);
    const preview = await archon.client.post<Preview>(`${forms('c2')}&dryRun=All`, fullForm(SITE));
    expect(preview.status, preview.text).toBe(200);
    const { componentTemplates } = preview.body.spec;
    expect(componentTemplates.map(({ kind, metadata }) => [kind, metadata])).toEqual([
      ['Deployment', { name: 'full' }],
      ['Service', { name: 'full' }],
      ['Service', { name: 'full-2' }],
      ['Ingress', { name: 'full' }],
    ]);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
    const made = await archon.client.post(applications('c2'), preview.body);
    expect(made.status, made.text).toBe(200);
    expect((await archon.client.delete(`${applications('c2')}/full`)).status).toBe(204);
  });

  it('APP-1 whatever it says, if it is right, is accepted by the API server', { timeout: 300_000 }, async () => {
    const seed = chosenSeed();
    for (const random of fc.sample(applicationForms(SITE), { numRuns: volume({ ci: 100, nightly: 2_000 }), seed })) {
      const tried = await archon.client.post(`${forms('c2')}&dryRun=All`, random);
      expect(tried.status, `seed ${seed}: ${tried.text}\n${JSON.stringify(random)}`).toBe(200);
    }
  });
});

describe('a form that is refused', () => {
  /** Nothing is there that was not before. */
  const refused = async (body: object | string, client = archon.client, headers?: Record<string, string>) => {
    const before = await listObjects(archon.client, 'c2', ns);
    const answer = await client.post<Status>(forms('c2'), body, headers);
    expect(await listObjects(archon.client, 'c2', ns)).toEqual(before);
    return answer;
  };

  it('APP-1 names every fault with its field, those of what it names in the namespace too', async () => {
    const workload = {
      kind: 'DaemonSet',
      name: 'faulty',
      replicas: 2,
      updateStrategy: { maxUnavailable: 0 },
      volumes: [
        { name: 'a', persistentVolumeClaim: { claimName: 'waiting' } },
        { name: 'b', persistentVolumeClaim: { claimName: 'absent' } },
      ],
      containers: [
        {
          name: 'c',
          image: 'archon.local/web:v1',
          envFrom: [{ secretRef: { name: 'cert' } }, { secretRef: { name: 'absent' } }],
          extendedResources: { 'nvidia.com/gpu': 1 },
        },
      ],
    };
    const answer = await refused({
      ...form('faulty'),
      spec: { workload, ingresses: [{ rules: [{ paths: [{ service: { name: 'shop', port: 80 } }] }] }] },
    });
    expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid']);
    const at = 'spec.workload';
    expect(causes(answer)).toEqual(
      [
        `${at}.replicas: is not of a DaemonSet`,
        `${at}.updateStrategy.maxUnavailable: must not be 0`,
        `${at}.volumes[0].persistentVolumeClaim.claimName: the PersistentVolumeClaim "waiting" is not bound but Pending`,
        `${at}.volumes[1].persistentVolumeClaim.claimName: there is no PersistentVolumeClaim "absent"`,
        `${at}.containers[0].extendedResources[nvidia.com/gpu]: cluster "c2" offers no such GPU`,
        `${at}.containers[0].envFrom[0].secretRef.name: the Secret "cert" is of type kubernetes.io/tls`,
        `${at}.containers[0].envFrom[1].secretRef.name: there is no Secret "absent"`,
        'spec.ingresses[0].rules[0].paths[0].service.name: is no Service of this application',
      ].map((start) => expect.stringContaining(start)),
    );
  });

  it('APP-1 calls what only the API server refuses by the fields of the form', async () => {
    const bad = (path: string) => ({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: path } } }] });
    const answer = await refused(form('strange', bad('spec.nothing'), { services: [web] }));
    expect([answer.status, answer.body.details.causes.map(({ field }) => field)]).toEqual([
      422,
      ['spec.workload.containers[0].env[0].valueFrom.fieldRef.fieldPath'],
    ]);
  });

  it('APP-1 leaves nothing behind when a fault shows only while it is made', async () => {
    const before = await listObjects(archon.client, 'c2', ns);
    const service = { type: 'NodePort', ports: [{ port: 80, nodePort: 1 }] }; // a dry run does not look at the range
    const answer = await archon.client.post<Status>(forms('c2'), form('half', {}, { services: [service] }));
    expect([answer.status, answer.body.message]).toEqual([422, expect.stringContaining('nothing was changed')]);
    expect(answer.body.details.causes.map(({ field }) => field)).toEqual(['spec.services[0].ports[0].nodePort']);
    const names = (objects: KubernetesBody[]) => objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    await eventually(async () => names(await listObjects(archon.client, 'c2', ns)).join() === names(before).join(), {
      what: 'it to be undone',
      timeoutMs: 30_000,
    });
  });

  it('APP-1 makes nothing when one of its objects exists, whatever both together would be', async () => {
    await make(`${core('c2')}/services`, { metadata: { name: 'taken' }, spec: { ports: [{ port: 1 }] } });
    const service = await refused(form('taken', {}, { services: [web] }));
    expect([service.status, service.body.details.causes.map(({ field }) => field)]).toEqual([409, ['spec.services[0].name']]);
    const labels = { app: 'other' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } };
    await make(`/kubernetes/c2/apis/apps/v1/namespaces/${ns}/deployments`, {
      metadata: { name: 'foreign' },
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    });
    await eventually(
      async () => (await listObjects(archon.client, 'c2', ns)).some(({ metadata }) => metadata.name?.startsWith('foreign-')),
      {
        what: 'the Deployment to be seen',
      },
    );
    const workload = await refused(form('foreign'));
    expect([workload.status, workload.body.details.causes.map(({ field }) => field)]).toEqual([409, ['spec.workload.name']]);
  });

  it('APP-1 makes nothing for somebody who may not make all of it, or read what it names', async () => {
    const rules = [
      { apiGroups: ['app.k8s.io', 'apps'], resources: ['applications', 'deployments'], verbs: ['*'] },
      { apiGroups: [''], resources: ['limitranges'], verbs: ['list'] },
    ];
    const user = await allowed('deployer', ns, rules);
    const service = await refused(form('denied', {}, { services: [web] }), user);
    expect([service.status, service.body.details.causes.map(({ field }) => field)]).toEqual([403, ['spec.services[0]']]);
    const secret = await refused(form('denied', { envFrom: [{ secretRef: { name: SITE.secret } }] }), user);
    expect([secret.status, secret.body.message]).toEqual([403, expect.stringContaining('cannot get resource "secrets"')]);
    expect((await user.post(`${forms('c2')}&dryRun=All`, form('denied'))).status).toBe(200);
  });

  it.each<[string, object | string, number, RegExp]>([
    ['of another kind', { ...form('x'), kind: 'Application' }, 422, /kind/],
    ['a list', [form('x')], 400, /must be one ApplicationForm/],
    ['nothing', '', 400, /must be one ApplicationForm/],
    ['several documents', `${JSON.stringify(form('x'))}\n---\n${JSON.stringify(form('y'))}`, 400, /must be one ApplicationForm/],
    ['a broken YAML', 'a: [', 400, /YAML cannot be read/],
    ['another namespace', { ...form('x'), metadata: { name: 'x', namespace: 'other' } }, 400, /does not match the namespace on the URL/],
  ])('APP-1 is no form when it is %s', async (_what, body, status, message) => {
    const answer = await refused(body, archon.client, typeof body === 'string' ? YAML : undefined);
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)]);
  });

  it('APP-1 comes from something else than a form, or has a second name', async () => {
    const other = await archon.client.post<Status>(`${applications('c2')}?from=image`, form('x'));
    expect([other.status, other.body.message]).toEqual([400, expect.stringContaining('from must be "form"')]);
    const named = await archon.client.post<Status>(`${forms('c2')}&name=y`, form('x'));
    expect([named.status, named.body.message]).toEqual([400, expect.stringContaining('metadata.name')]);
    expect((await archon.client.post(applications('c2'), form('x'))).status).toBe(400);
  });
});

describe('requests and limits', () => {
  const RATIOS = '/apis/resource.alauda.io/v1';
  const resourcesOf = ({ body }: { body: Preview }) => {
    const { template } = body.spec.componentTemplates[0]?.spec as { template: { spec: { containers: { resources: object }[] } } };
    return template.spec.containers[0]?.resources;
  };
  const attempt = (namespace: string, resources: object, client = archon.client) =>
    client.post<Preview & Status>(`${forms('c2', namespace)}&dryRun=All`, form('limited', { resources }));

  it('APP-2 with an over-commit ratio are the limit and what follows from it, for developers too, who may not read the ratio', async () => {
    const namespace = await createNamespace(archon.client, ['c2'], 'ratio');
    await make(`/kubernetes/c2${RATIOS}/namespaces/${namespace}/namespaceresourceratios`, {
      apiVersion: 'resource.alauda.io/v1',
      kind: 'NamespaceResourceRatio',
      metadata: { name: namespace },
      spec: { cpu: 3, memory: 4 },
    });
    const developer = await allowed('developer', namespace, [
      { apiGroups: ['app.k8s.io', 'apps'], resources: ['*'], verbs: ['*'] },
      { apiGroups: [''], resources: ['limitranges'], verbs: ['list'] },
    ]);
    for (const client of [archon.client, developer]) {
      const computed = await attempt(namespace, { limits: { cpu: '4', memory: '1Gi' } }, client);
      expect(computed.status, computed.text).toBe(200);
      expect(resourcesOf(computed)).toEqual({ requests: { cpu: '1334m', memory: '256Mi' }, limits: { cpu: '4', memory: '1Gi' } });
    }
    const given = await attempt(namespace, { requests: { cpu: '1' }, limits: { cpu: '4' } }, developer);
    expect([given.status, causes(given)]).toEqual([
      422,
      [
        expect.stringMatching(
          /^spec\.workload\.containers\[0\]\.resources\.requests\.cpu: can not be given: the namespace has an over-commit ratio of 3/,
        ),
      ],
    ]);
    const stranger = await allowed('stranger', namespace, [{ apiGroups: ['app.k8s.io', 'apps'], resources: ['*'], verbs: ['*'] }]);
    const hidden = await attempt(namespace, { requests: { cpu: '1' } }, stranger);
    expect([hidden.status, hidden.text]).toEqual([403, expect.not.stringContaining('ratio of')]);
  });

  it('APP-2 inherit the ratio of the cluster, and the default limits of the namespace', async () => {
    const namespace = await createNamespace(archon.client, ['c2'], 'ratio');
    const ratios = `/kubernetes/c2${RATIOS}/namespaces/${namespace}/namespaceresourceratios`;
    const ratio = {
      apiVersion: 'resource.alauda.io/v1',
      kind: 'NamespaceResourceRatio',
      metadata: { name: namespace },
      spec: { memory: 0 },
    };
    await make(ratios, ratio);
    const patched = await archon.client.patch(
      `${ratios}/${namespace}/status`,
      { status: { clusterCPU: 2, clusterMemory: 2 } },
      {
        'content-type': 'application/merge-patch+json',
      },
    );
    expect(patched.status, patched.text).toBe(200);
    await make(`${core('c2', namespace)}/limitranges`, {
      metadata: { name: 'default' },
      spec: { limits: [{ type: 'Container', default: { cpu: '1', memory: '1Gi' }, max: { cpu: '2' } }] },
    });
    const answer = await attempt(namespace, { requests: { memory: '64Mi' }, limits: { memory: '128Mi' } });
    expect(resourcesOf(answer)).toEqual({ requests: { cpu: '500m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } });
  });

  it('APP-2 without a ratio are in order: the request, the limit, the most that the namespace allows', async () => {
    const namespace = await createNamespace(archon.client, ['c2'], 'limits');
    await make(`${core('c2', namespace)}/limitranges`, {
      metadata: { name: 'default' },
      spec: { limits: [{ type: 'Container', default: { cpu: '500m', memory: '64Mi' }, max: { cpu: '2', memory: '128Mi' } }] },
    });
    expect((await attempt(namespace, { requests: { cpu: '2', memory: '64Mi' }, limits: { cpu: '2', memory: '128Mi' } })).status).toBe(200);
    const above = await attempt(namespace, { requests: { cpu: '501m', memory: '65Mi' }, limits: { memory: '129Mi' } });
    expect([above.status, causes(above)]).toEqual([
      422,
      [
        'spec.workload.containers[0].resources.requests.cpu: 501m is more than 500m, the limit that the namespace gives a container without one: lower it, or set a limit',
        'spec.workload.containers[0].resources.limits.memory: 129Mi is more than 128Mi, the most that the namespace allows a container: lower it',
      ],
    ]);
    const order = await attempt(namespace, { requests: { memory: '65Mi' }, limits: { memory: '64Mi' } });
    expect(causes(order)).toEqual([
      expect.stringContaining('requests.memory: 65Mi is more than the limit 64Mi: lower it, or raise the limit'),
    ]);
  });
});
