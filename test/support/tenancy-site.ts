import type { Archon } from './archon.js';
import { type KubernetesBody, uniqueName } from './cluster-objects.js';
import type { OperationBody } from './operations.js';
import { eventually } from './wait-for.js';

/** A project in the cluster `r`, and a namespace that is its only one, or is to be. */
export interface Site {
  project: string;
  namespace: string;
}

export const PROJECTS = '/acp/v1/projects';
export const GENERAL = '/acp/v1/kubernetes/r/general-namespaces';
/** As the namespaces of sites are made. */
export const FORM = {
  quota: { 'limits.cpu': '2', pods: '5' },
  limitRange: { default: { cpu: '500m' }, defaultRequest: { cpu: '100m' } },
  labels: { tier: 'gold', zone: 'north' },
  annotations: { 'example.org/owner': 'kim' },
  podSecurity: { enforce: 'baseline' },
};
/** The annotation that says which operation wrote an object last. */
const OPERATION = 'app.cpaas.io/operation';
const ENDED = ['Succeeded', 'Undone', 'Failed'];

async function must(answer: Promise<{ status: number; text: string }>): Promise<void> {
  const { status, text } = await answer;
  if (status >= 300) throw new Error(`${status}: ${text}`);
}

/** A project alone, in `r` and in further clusters. */
export async function openProject({ client }: Archon, others: string[] = []): Promise<Site> {
  const project = uniqueName('f');
  const clusters = ['r', ...others].map((name) => ({ name, quota: { 'limits.cpu': '4', pods: '10' } }));
  await must(client.post(PROJECTS, { metadata: { name: project }, spec: { clusters } }));
  return { project, namespace: `${project}-a` };
}

/** A project with a namespace, also in further clusters. */
export async function openNamespace(archon: Archon, others: string[] = []): Promise<Site> {
  const site = await openProject(archon, others);
  for (const cluster of ['r', ...others])
    await must(archon.client.post(GENERAL.replace('/r/', `/${cluster}/`), { project: site.project, name: site.namespace, ...FORM }));
  return site;
}

/** A project, and a namespace of somebody else's making that has some of what Archon would give it, with other contents. */
export async function openForeign(archon: Archon): Promise<Site> {
  const site = await openProject(archon);
  const root = `/kubernetes/r/api/v1/namespaces`;
  const labels = { tier: 'bronze', 'pod-security.kubernetes.io/enforce': 'privileged' };
  await must(archon.client.post(root, { metadata: { name: site.namespace, labels, annotations: { 'example.org/owner': 'jane' } } }));
  const quota = { metadata: { name: 'default' }, spec: { hard: { pods: '3', configmaps: '9' } } };
  await must(archon.client.post(`${root}/${site.namespace}/resourcequotas`, quota));
  return site;
}

/** The operation of this kind on a site, once it has ended. */
export const endedAt = (archon: Archon, kind: string, site: Site, timeoutMs = 30_000): Promise<OperationBody> =>
  eventually(
    async () => {
      const operation = await operationAt(archon, kind, site);
      return operation !== undefined && ENDED.includes(operation.phase) && operation;
    },
    { what: `${kind} of ${site.namespace} to end`, timeoutMs, intervalMs: 250 },
  );

export async function operationAt({ client }: Archon, kind: string, site: Site): Promise<OperationBody | undefined> {
  const { body } = await client.get<{ items: (OperationBody & { request: { namespace: string; name: string } })[] }>(
    '/acp/v1/operations?limit=500',
  );
  const isHere = ({ namespace, name }: { namespace: string; name: string }) => namespace === site.namespace || name === site.project;
  return body.items.find((operation) => operation.kind === kind && isHere(operation.request));
}

/** What the cluster, Postgres and the API hold of a site, with names that are the same for every site. */
export async function stateOf(archon: Archon, site: Site): Promise<unknown> {
  const { project } = site;
  const { client, database } = archon;
  const quota = await client.get<{ items?: object[] }>(`${PROJECTS}/${project}/quota`);
  const state = {
    namespace: await liveState(archon, site.namespace),
    own: await liveState(archon, project),
    rows: await database.query('select name, phase, desired, drift from namespaces where project = $1 order by name', [project]),
    claims: await database.query(
      'select namespace, key, amount::text from quota_claims where namespace = any($1) order by namespace, key',
      [[project, site.namespace]],
    ),
    quota: [quota.status, quota.body.items],
  };
  return JSON.parse(JSON.stringify(state).replaceAll(project, 'PROJECT'));
}

/** The operations that the objects of a site name as their last one. */
export async function operationsNamed(archon: Archon, { namespace }: Site): Promise<string[]> {
  const { status, body } = await archon.client.get<KubernetesBody>(inCluster(namespace));
  const objects = status === 404 ? [] : [body, ...Object.values(await objectsIn(archon, namespace)).flat()];
  return objects.flatMap(({ metadata }) => metadata.annotations?.[OPERATION] ?? []);
}

const inCluster = (namespace: string) => `/kubernetes/r/api/v1/namespaces/${namespace}`;

async function liveState(archon: Archon, name: string): Promise<object | 'absent'> {
  const { status, body } = await archon.client.get<KubernetesBody & { status: object }>(inCluster(name));
  if (status === 404) return 'absent';
  const objects = await objectsIn(archon, name);
  const strip = ({ metadata, ...contents }: KubernetesBody) => {
    const { [OPERATION]: _operation, ...annotations } = metadata.annotations ?? {};
    const { status: _status, ...rest } = contents as { status?: object };
    return { name: metadata.name, labels: metadata.labels ?? {}, annotations, ...rest };
  };
  return {
    namespace: { ...strip(body), status: body.status },
    ...Object.fromEntries(Object.entries(objects).map(([kind, all]) => [kind, all.map(strip)])),
  };
}

async function objectsIn({ client }: Archon, namespace: string): Promise<Record<string, KubernetesBody[]>> {
  const list = async (path: string) => (await client.get<{ items: KubernetesBody[] }>(path)).body.items;
  return {
    quotas: await list(`${inCluster(namespace)}/resourcequotas`),
    ranges: await list(`${inCluster(namespace)}/limitranges`),
    secrets: await list(`${inCluster(namespace)}/secrets`),
    bindings: await list(`/kubernetes/r/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`),
  };
}
