import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody } from './support/cluster-objects.js';
import { Kubectl } from './support/kubectl.js';

const READER = 'reader@example.org';
const RBAC = 'rbac.authorization.k8s.io';

let archon: Archon;
let kubectl: Kubectl;
let ns: string;
const within = (...args: string[]) => ['--namespace', ns, ...args];
const configMap = (name: string, data: Record<string, string>) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const configMapPath = (cluster: string, name: string) => `/kubernetes/${cluster}/api/v1/namespaces/${ns}/configmaps/${name}`;
const dataOf = async (cluster: string, name: string) => (await archon.client.get<KubernetesBody>(configMapPath(cluster, name))).body.data;

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['global', 'c1', 'c2'] });
  ns = await createNamespace(archon.client, ['global', 'c1', 'c2'], 'kubectl');
  kubectl = await archon.kubectl('c1');
  expect(inject('environment').clusters.c1.nodeUnavailable).toBeUndefined();
  await kubectl.output(within('run', 'web', '--image=archon.local/web:v1', '--port=8080'));
  await kubectl.output(within('wait', '--for=condition=Ready', 'pod/web', '--timeout=30s'));
});
afterAll(() => archon?.dispose());

describe('kubectl get', () => {
  it('prints tables that the cluster made, and whole objects', async () => {
    const table = (await kubectl.output(within('get', 'pods'))).trimEnd().split('\n');
    expect(table.map((line) => line.split(/\s+/).slice(0, 4))).toEqual([
      ['NAME', 'READY', 'STATUS', 'RESTARTS'],
      ['web', '1/1', 'Running', '0'],
    ]);
    const pod = JSON.parse(await kubectl.output(within('get', 'pod', 'web', '-o', 'json'))) as KubernetesBody & {
      spec: { nodeName: string };
    };
    const nodes = (await kubectl.output(['get', 'nodes', '-o', 'name'])).trim();
    expect([pod.kind, pod.metadata.name, nodes]).toEqual(['Pod', 'web', `node/${pod.spec.nodeName}`]);
  });

  it('-w sees a later change', async () => {
    await kubectl.output(within('create', 'configmap', 'watched', '--from-literal=k=first'));
    const watch = kubectl.start(
      within('get', 'configmaps', '--field-selector=metadata.name=watched', '--watch', '-o', 'jsonpath={.data.k}{"\\n"}'),
    );
    try {
      await watch.prints(/^first\n$/);
      await archon.client.patch(configMapPath('c1', 'watched'), { data: { k: 'second' } });
      await watch.prints(/^first\nsecond\n$/);
      expect((await archon.client.delete(configMapPath('c1', 'watched'))).status).toBe(200);
      await watch.prints(/^first\nsecond\nsecond\n$/); // the object once more, with the event of its deletion
    } finally {
      await watch.kill();
    }
  });

  it("tells the cluster's 404 in kubectl's words", async () => {
    const { code, stderr } = await kubectl.run(within('get', 'configmap', 'none'));
    expect([code, stderr]).toEqual([1, 'Error from server (NotFound): configmaps "none" not found\n']);
  });
});

describe('kubectl apply', () => {
  it('creates, leaves alone, and changes, by a patch of its own making', async () => {
    const apply = (data: Record<string, string>) => kubectl.output(within('apply', '-f', '-'), { stdin: configMap('applied', data) });
    expect(await apply({ a: '1', b: '1' })).toBe('configmap/applied created\n');
    expect(await apply({ a: '1', b: '1' })).toBe('configmap/applied unchanged\n');
    expect(await apply({ a: '2' })).toBe('configmap/applied configured\n');
    expect(await dataOf('c1', 'applied')).toEqual({ a: '2' });
  });

  it('--server-side owns its fields, and stops at those of others unless forced', async () => {
    const args = (manager: string, ...more: string[]) => within('apply', '--server-side', `--field-manager=${manager}`, ...more, '-f', '-');
    const mine = configMap('owned', { a: 'mine' });
    const theirs = configMap('owned', { a: 'theirs' });
    expect(await kubectl.output(args('one'), { stdin: mine })).toBe('configmap/owned serverside-applied\n');
    const conflict = await kubectl.run(args('other'), { stdin: theirs });
    expect([conflict.code, conflict.stderr]).toEqual([
      1,
      expect.stringContaining('Apply failed with 1 conflict: conflict with "one": .data.a'),
    ]);
    expect(await dataOf('c1', 'owned')).toEqual({ a: 'mine' });
    await kubectl.output(args('other', '--force-conflicts'), { stdin: theirs });
    expect(await dataOf('c1', 'owned')).toEqual({ a: 'theirs' });
  });
});

describe('kubectl create, delete and workloads', () => {
  it('delete --wait returns when the Pod has really gone', async () => {
    await kubectl.output(within('run', 'brief', '--image=archon.local/web:v1'));
    await kubectl.output(within('wait', '--for=condition=Ready', 'pod/brief', '--timeout=30s'));
    expect(await kubectl.output(within('delete', 'pod', 'brief', '--wait'))).toMatch(/^pod "brief" deleted/);
    expect((await archon.client.get(`/kubernetes/c1/api/v1/namespaces/${ns}/pods/brief`)).status).toBe(404);
  });

  it('a Deployment is created, rolled out, scaled, changed and undone on the real node', { timeout: 120_000 }, async () => {
    const image = async () =>
      kubectl.output(within('get', 'deployment', 'shop', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'));
    const rolledOut = () => kubectl.output(within('rollout', 'status', 'deployment/shop', '--timeout=60s'), { timeoutMs: 70_000 });
    await kubectl.output(within('create', 'deployment', 'shop', '--image=archon.local/web:v1'));
    expect(await rolledOut()).toContain('deployment "shop" successfully rolled out');
    expect(await kubectl.output(within('scale', 'deployment/shop', '--replicas=2'))).toBe('deployment.apps/shop scaled\n');
    expect(
      await kubectl.output(within('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deployment/shop', '--timeout=30s'), {
        timeoutMs: 40_000,
      }),
    ).toBe('deployment.apps/shop condition met\n');
    await kubectl.output(within('set', 'image', 'deployment/shop', 'web=archon.local/web:v2'));
    expect([await rolledOut(), await image()]).toEqual([expect.stringContaining('successfully rolled out'), 'archon.local/web:v2']);
    await kubectl.output(within('rollout', 'undo', 'deployment/shop'));
    expect([await rolledOut(), await image()]).toEqual([expect.stringContaining('successfully rolled out'), 'archon.local/web:v1']);
    await kubectl.output(within('delete', 'deployment', 'shop', '--wait'));
  });

  it('wait fails in time when the condition is not met', async () => {
    const { code, stderr } = await kubectl.run(within('wait', '--for=condition=Ready=false', 'pod/web', '--timeout=1s'));
    expect([code, stderr]).toEqual([1, 'error: timed out waiting for the condition on pods/web\n']);
  });
});

describe('kubectl about the API', () => {
  it('lists resources and explains them from the schemas of the cluster', async () => {
    const resources = (await kubectl.output(['api-resources', '-o', 'name'])).split('\n');
    expect(resources).toEqual(expect.arrayContaining(['pods', 'deployments.apps', 'applications.app.k8s.io']));
    expect(await kubectl.output(['explain', 'deployments.spec.replicas'])).toContain('FIELD: replicas <integer>');
    expect(await kubectl.output(['explain', 'applications.spec.assemblyPhase'])).toContain('GROUP:      app.k8s.io');
    expect(await kubectl.output(['version'])).toMatch(/^Server Version: v1\.\d+\.\d+/m);
  });
});

describe('a user who may read the Pods of one namespace', () => {
  let reader: Kubectl;

  beforeAll(async () => {
    reader = await archon.kubectl('c1', await archon.tokenOf(READER));
    await kubectl.output(within('create', 'role', 'reader', '--verb=get,list,watch', '--resource=pods,pods/log'));
    await kubectl.output(within('create', 'rolebinding', 'reader', '--role=reader', `--user=${READER}`));
  });

  it('is who the token says', async () => {
    const review = JSON.parse(await reader.output(['auth', 'whoami', '-o', 'json'])) as {
      status: { userInfo: { username: string; groups: string[] } };
    };
    expect(review.status.userInfo).toMatchObject({ username: READER, groups: ['system:authenticated'] });
    const { stdout } = await kubectl.run(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']);
    expect(stdout).toBe('admin');
  });

  it('reads there', async () => {
    expect(await reader.output(within('get', 'pods', '-o', 'name'))).toBe('pod/web\n');
    expect(await reader.output(within('logs', 'web'))).toContain('listening on port 8080');
    const canI = async (...question: string[]) => (await reader.run(within('auth', 'can-i', ...question))).stdout;
    expect([await canI('list', 'pods'), await canI('create', 'pods'), await canI('get', 'nodes')]).toEqual(['yes\n', 'no\n', 'no\n']);
    expect((await kubectl.run(within('auth', 'can-i', '*', '*', '--all-namespaces'))).stdout).toBe('yes\n');
  });

  it('is refused everything else with a 403', async () => {
    const refusal = (what: string) => `Error from server (Forbidden): ${what}\n`;
    const list = 'pods is forbidden: User "reader@example.org" cannot list resource "pods" in API group ""';
    const { code, stdout, stderr } = await reader.run(['get', 'pods', '--namespace', 'default']);
    expect([code, stdout, stderr]).toEqual([1, '', refusal(`${list} in the namespace "default"`)]);
    expect((await reader.run(['get', 'pods', '--all-namespaces'])).stderr).toBe(refusal(`${list} at the cluster scope`));
  });

  it.each([
    ['lists elsewhere', () => ['get', 'pods', '--namespace', 'default']],
    ['other kinds', () => within('get', 'secrets')],
    ['creation', () => within('create', 'configmap', 'mine')],
    ['deletion', () => within('delete', 'pod', 'web')],
    ['exec', () => within('exec', 'web', '--', 'true')],
    ['attach', () => within('attach', 'web', '--quiet')],
    ['port-forward', () => within('port-forward', 'pod/web', ':8080')],
  ])('is refused %s in the words that kubectl has without Archon', async (_what, args) => {
    const { clusters, kubectl: program } = inject('environment');
    const direct = new Kubectl({ program, kubeconfig: clusters.c1.kubeconfig });
    const expected = await direct.run(['--as', READER, ...args()]);
    expect(expected).toMatchObject({ code: 1, stderr: expect.stringContaining(`is forbidden: User "${READER}" cannot `) as string });
    expect(await reader.run(args())).toEqual(expected);
  });

  it('is not let in with a token that was revoked', async () => {
    const token = await archon.tokenOf('leaver@example.org');
    const leaver = await archon.kubectl('c1', token);
    expect((await leaver.run(['auth', 'whoami'])).code).toBe(0);
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
    expect((await archon.client.delete(`/auth/v1/accesstoken/${jti}`)).status).toBe(204);
    expect(await leaver.run(['get', 'pods'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/You must be logged in to the server|Unauthorized/) as string,
    });
  });
});

describe('several clusters', () => {
  it('are each reached through their own kubeconfig', async () => {
    const second = await archon.kubectl('c2');
    await kubectl.output(within('create', 'configmap', 'place', '--from-literal=cluster=c1'));
    await second.output(within('create', 'configmap', 'place', '--from-literal=cluster=c2'));
    expect([await dataOf('c1', 'place'), await dataOf('c2', 'place')]).toEqual([{ cluster: 'c1' }, { cluster: 'c2' }]);
    const nodes = await Promise.all(
      [kubectl, second].map(async (each) => (await each.output(['get', 'nodes', '-o', 'name'])).trim().split('\n').length),
    );
    expect(nodes).toEqual([1, 10]);
  });

  it('paths without a cluster reach global', async () => {
    await archon.client.post(`/kubernetes/global/api/v1/namespaces/${ns}/configmaps`, {
      metadata: { name: 'where' },
      data: { cluster: 'global' },
    });
    const atRoot = ['--server', archon.client.url];
    expect(await kubectl.output(within(...atRoot, 'get', 'configmap', 'where', '-o', 'jsonpath={.data.cluster}'))).toBe('global');
    expect((await archon.client.get<{ groups: { name: string }[] }>('/apis')).body.groups.map(({ name }) => name)).toContain(RBAC);
    expect((await archon.client.get<KubernetesBody>('/api')).body.kind).toBe('APIVersions');
    expect(await kubectl.run(within('get', 'configmap', 'where'))).toMatchObject({ code: 1 }); // c1 has none
  });

  it('the prefix /api-gateway changes nothing, for clusters as for own paths', async () => {
    const prefixed = ['--server', `${archon.client.url}/api-gateway/kubernetes/c1`];
    expect(await kubectl.output(within(...prefixed, 'get', 'pods', '-o', 'name'))).toBe('pod/web\n');
    expect(await kubectl.output(within(...prefixed, 'exec', 'web', '--', 'hostname'))).toBe('web\n');
    const global = ['--server', `${archon.client.url}/api-gateway`];
    expect(await kubectl.output(within(...global, 'get', 'configmap', 'where', '-o', 'jsonpath={.data.cluster}'))).toBe('global');
    type Described = { metadata: unknown; spec: unknown };
    const [plain, own] = [
      await archon.client.get<Described>('/acp/v1/clusters/c1'),
      await archon.client.get<Described>('/api-gateway/acp/v1/clusters/c1'),
    ];
    // The status tells when the cluster was last seen, which goes on.
    expect([own.status, own.body.metadata, own.body.spec]).toEqual([200, plain.body.metadata, plain.body.spec]);
  });
});
