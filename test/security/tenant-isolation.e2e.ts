import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { uniqueName } from '../support/cluster-objects.js';
import type { ArchonClient } from '../support/http-client.js';

interface Tenant {
  project: string;
  namespace: string;
  user: string;
  /** In everything of the tenant's that others must not see, as text and in base64. */
  canary: string;
  client: ArchonClient;
}

const TENANTS = volume({ ci: 10, nightly: 20 });
const AT_ONCE = 8;
const KUBERNETES = [
  ...[
    'pods',
    'services',
    'configmaps',
    'secrets',
    'serviceaccounts',
    'resourcequotas',
    'limitranges',
    'events',
    'persistentvolumeclaims',
  ].map((resource) => ['api/v1', resource]),
  ...['deployments', 'statefulsets', 'daemonsets', 'replicasets'].map((resource) => ['apis/apps/v1', resource]),
  ['apis/batch/v1', 'jobs'],
  ['apis/networking.k8s.io/v1', 'ingresses'],
  ['apis/rbac.authorization.k8s.io/v1', 'rolebindings'],
  ['apis/app.k8s.io/v1beta1', 'applications'],
].map(([root, resource]) => ({ root, resource }));
const document = parse(readFileSync(path.join(import.meta.dirname, '../../openapi/archon.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, { operationId: string }>>;
};
const OWN = Object.entries(document.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({ template, method: method.toUpperCase(), operationId })),
);
/** Logins and the like are for anybody, and what is one's own is ended by nobody else here. */
const isOfTenants = ({ template }: { template: string }) => /\{(project|namespace)\}/.test(template);
const isList = ({ template, method }: { template: string; method: string }) =>
  method === 'GET' && !template.includes('{') && template.startsWith('/a') && !/oidc|authorize|callback/.test(template);

let archon: Archon;
let tenants: Tenant[];

async function must(answer: Promise<{ status: number; text: string }>): Promise<void> {
  const { status, text } = await answer;
  if (status >= 300) throw new Error(`${status}: ${text}`);
}

async function open(index: number): Promise<Tenant> {
  const canary = uniqueName(`canary${index}`);
  const project = uniqueName(`tenant${index}`);
  const namespace = `${project}-app`;
  const user = `${canary}@example.org`;
  const { client } = archon;
  const annotations = { 'cpaas.io/display-name': canary };
  const clusters = [{ name: 'c1', quota: { pods: '10' } }];
  await must(client.post('/acp/v1/projects', { metadata: { name: project, annotations }, spec: { clusters } }));
  const quota = { pods: '5' };
  await must(client.post('/acp/v1/kubernetes/c1/general-namespaces', { project, name: 'app', quota, annotations: { note: canary } }));
  await must(client.post(`/acp/v1/projects/${project}/members`, { subject: { kind: 'User', name: user }, role: 'project-admin-system' }));
  const root = `/kubernetes/c1/api/v1/namespaces/${namespace}`;
  await must(client.post(`${root}/configmaps`, { metadata: { name: 'mine', labels: { note: canary } }, data: { key: canary } }));
  await must(client.post(`${root}/secrets`, { metadata: { name: 'mine' }, stringData: { key: canary } }));
  const component = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: canary }, data: { key: canary } };
  await must(
    client.post(`/acp/v1/kubernetes/c1/namespaces/${namespace}/applications`, {
      apiVersion: 'app.k8s.io/v1beta1',
      kind: 'Application',
      metadata: { name: 'mine', annotations: { note: canary } },
      spec: { componentTemplates: [component] },
    }),
  );
  return { project, namespace, user, canary, client: await archon.as(user) };
}

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'], settings: { ARCHON_MAX_REQUESTS_PER_USER: '1000' } });
  tenants = [];
  for (let index = 0; index < TENANTS; index++) tenants.push(await open(index));
}, 120_000);
afterAll(() => archon?.dispose());

const forms = ({ canary }: Tenant): string[] => [canary, Buffer.from(canary).toString('base64')];
const tells = (text: string, victim: Tenant): boolean => forms(victim).some((form) => text.includes(form));

/** A path with the places of a tenant, or of nobody. */
const placed = (template: string, { project, namespace }: Pick<Tenant, 'project' | 'namespace'>): string =>
  template
    .replace('{project}', project)
    .replace('{namespace}', namespace)
    .replace('{cluster}', 'c1')
    .replace('{name}', 'mine')
    .replaceAll(/\{[^}]+\}/g, 'mine');

async function inLanes(work: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = work.values();
  const lane = async () => {
    for (const each of waiting) await each();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const pairs = (): [Tenant, Tenant][] =>
  tenants.flatMap((actor) => tenants.flatMap((victim): [Tenant, Tenant][] => (actor === victim ? [] : [[actor, victim]])));

describe('what one tenant has', () => {
  it('is its own to read: the canaries are where they are looked for', async () => {
    const [tenant] = tenants;
    if (tenant === undefined) throw new Error('there is no tenant');
    const root = `/kubernetes/c1/api/v1/namespaces/${tenant.namespace}`;
    for (const url of [
      `${root}/configmaps`,
      `${root}/secrets`,
      `${root}/secrets/mine`,
      '/acp/v1/projects',
      `/acp/v1/projects/${tenant.project}`,
      `/acp/v1/projects/${tenant.project}/members`,
      `/acp/v1/projects/${tenant.project}/namespaces`,
      `/acp/v1/kubernetes/c1/namespaces/${tenant.namespace}/applications`,
    ])
      expect(tells((await tenant.client.get(url)).text, tenant), url).toBe(true);
  });

  it('S-5 T43 reaches no other tenant by any way to read, and nobody else changes it', { timeout: 1_800_000 }, async () => {
    const nobody = { project: uniqueName('nobody'), namespace: uniqueName('nobody') };
    const neutral = (text: string, { project, namespace }: Pick<Tenant, 'project' | 'namespace'>) =>
      text.replaceAll(namespace, 'NAMESPACE').replaceAll(project, 'PROJECT');
    let requests = 0;
    const leaks: string[] = [];
    const ask = async (actor: Tenant, method: string, url: string, victim: Tenant) => {
      requests++;
      const answer = await actor.client.request(method, url, method === 'GET' ? undefined : {});
      if (tells(answer.text, victim)) leaks.push(`${method} ${url}: ${answer.text.slice(0, 300)}`);
      return answer;
    };
    const reading = OWN.filter((operation) => operation.method === 'GET' && isOfTenants(operation));
    const changing = OWN.filter((operation) => operation.method !== 'GET' && isOfTenants(operation));
    await inLanes(
      pairs().map(([actor, victim]) => async () => {
        const root = (of: string) => `/kubernetes/c1/${of}/namespaces/${victim.namespace}`;
        for (const { root: of, resource } of KUBERNETES)
          for (const url of [
            `${root(of ?? '')}/${resource}`,
            `${root(of ?? '')}/${resource}/mine`,
            `${root(of ?? '')}/${resource}?watch=true&timeoutSeconds=1`,
          ])
            expect((await ask(actor, 'GET', url, victim)).status, url).toBe(403);
        for (const { root: of, resource } of KUBERNETES)
          expect((await ask(actor, 'GET', `/kubernetes/c1/${of}/${resource}`, victim)).status, resource).toBe(403);
        expect((await ask(actor, 'GET', `/kubernetes/c1/api/v1/namespaces/${victim.namespace}`, victim)).status).toBe(403);
        for (const { template, operationId } of reading) {
          const there = await ask(actor, 'GET', placed(template, victim), victim);
          const nowhere = await ask(actor, 'GET', placed(template, nobody), victim);
          // Whether it is there is not told either.
          expect([there.status, neutral(there.text, victim)], operationId).toEqual([nowhere.status, neutral(nowhere.text, nobody)]);
        }
        for (const operation of OWN.filter(isList)) await ask(actor, 'GET', operation.template, victim);
        for (const { template, method, operationId } of changing)
          expect((await ask(actor, method, placed(template, victim), victim)).status, operationId).toBeGreaterThanOrEqual(400);
      }),
    );
    expect(leaks).toEqual([]);
    for (const { project, client } of tenants) expect((await client.get(`/acp/v1/projects/${project}`)).status).toBe(200);
    expect(requests).toBeGreaterThanOrEqual(10_000);
    accept({
      row: 'S-5',
      what: `requests of ${TENANTS} tenants for what is another's, by ${reading.length + changing.length} own routes, lists and the proxy`,
      volume: `${requests} requests of ${pairs().length} pairs`,
      result: `${leaks.length} cross-tenant bytes; what is another's is answered like what is not there`,
    });
  });
});
