import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { type ControlPlane, type Lab, openLab } from '#lab';
import { Archon } from './support/archon.js';
import { Kubectl } from './support/kubectl.js';
import { eventually } from './support/wait-for.js';

type Check = { type: string; status: string; message: string };
interface Cluster {
  metadata: { uid?: string };
  status: {
    state: string;
    permissions: { missing: string[] };
    checks: Check[];
    warnings: string[];
    expirations: { what: string; at: string }[];
  };
}

const PATH = '/acp/v1/clusters';
const GROUP = 'example:developers';

let archon: Archon;
let lab: Lab;
let cluster: ControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  const { state, kubectl: program } = inject('environment');
  lab = await openLab({ state: path.join(state, 'bootstrap-lab'), lifetime: 'process' });
  [cluster, archon] = await Promise.all([lab.controlPlane('x', {}), Archon.start()]);
  kubectl = new Kubectl({ program, kubeconfig: cluster.kubeconfig });
});
afterAll(() => Promise.all([archon?.dispose(), lab?.stop({ purge: true })]));

const tried = (checks: Check[]) => Object.fromEntries(checks.map(({ type, status }) => [type, status]));
const register = (spec: object, query = '') => archon.client.post<Cluster>(`${PATH}${query}`, { metadata: { name: 'x' }, spec });
const byKubeconfig = () => ({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });

describe('a dry run of a registration', () => {
  it('tells what was found and installs nothing, in the cluster or here; T8 CVE-2026-17107: warns of cluster-admin and system:masters', async () => {
    const { status, body, text } = await register(byKubeconfig(), '?dryRun=All');
    expect(status, text).toBe(201);
    expect([body.metadata.uid, body.status.state]).toEqual([undefined, 'Ready']);
    expect(tried(body.status.checks)).toEqual({
      Reachable: 'Passed',
      Certificate: 'Passed',
      Credential: 'Passed',
      Permissions: 'Passed',
      LeastPrivilege: 'Warning',
      Impersonation: 'Warning',
    });
    expect(body.status.warnings.join()).toMatch(/cluster-admin.*system:masters/s);
    expect(body.status.expirations.map(({ what }) => what).sort()).toEqual(['CA certificate', 'client certificate', 'serving certificate']);
    expect(await archon.database.query('select name from clusters')).toEqual([]);
    expect((await kubectl.run(['get', 'crd,clusterrolebinding', '-o', 'name'])).stdout).not.toMatch(
      /applications\.app\.k8s\.io|archon-platform/,
    );
  });

  it.each<[string, () => object, string, string]>([
    ['nobody listens', () => ({ endpoint: 'https://127.0.0.1:1', token: 't' }), 'Unreachable', 'Reachable'],
    ['another CA', () => ({ endpoint: cluster.url, token: 't' }), 'Unreachable', 'Reachable'],
    [
      'a token that is refused',
      () => ({ endpoint: cluster.url, token: 't', certificateAuthorityData: readFileSync(cluster.caFile).toString('base64') }),
      'Unauthorized',
      'Credential',
    ],
  ])('names the check that failed: %s', async (_, spec, state, type) => {
    const { status, body } = await register(spec(), '?dryRun=All');
    expect([status, body.status.state, tried(body.status.checks)]).toEqual([201, state, { [type]: 'Failed' }]);
  });

  it('is refused with another value', async () => {
    expect((await register(byKubeconfig(), '?dryRun=Some')).status).toBe(422);
  });
});

describe('the bootstrap manifest', () => {
  it('is the same as YAML and as JSON, for administrators alone', async () => {
    const url = `/acp/v1/bootstrap-manifest?name=x&groups=${encodeURIComponent(GROUP)}`;
    const [yaml, json] = [await archon.client.get(url), await archon.client.get(url, { accept: 'application/json' })];
    expect(yaml.headers['content-type']).toContain('application/yaml');
    expect(parse(yaml.text)).toEqual(json.body);
    expect((await (await archon.as('jane@example.org')).get(url)).status).toBe(403);
    expect((await archon.client.get('/acp/v1/bootstrap-manifest?name=x&groups=system:masters')).status).toBe(422);
    expect((await archon.client.get(`${PATH}/absent/bootstrap-manifest`)).status).toBe(404);
  });

  it('T8: applied by kubectl it gives a credential with which Archon works, and which may not impersonate system:masters', {
    timeout: 60_000,
  }, async () => {
    const manifest = (await archon.client.get(`/acp/v1/bootstrap-manifest?name=x&groups=${encodeURIComponent(GROUP)}`)).text;
    const applied = await kubectl.run(['apply', '-f', '-'], { stdin: manifest });
    expect(applied.code, applied.stderr).toBe(0);
    const token = await eventually(
      async () => {
        const read = await kubectl.run(['get', 'secret/archon-token', '-n', 'archon-system', '-o', 'jsonpath={.data.token}']);
        return read.stdout !== '' && Buffer.from(read.stdout, 'base64').toString();
      },
      { what: 'the token to be made' },
    );
    const certificateAuthorityData = readFileSync(cluster.caFile).toString('base64');
    const { status, body, text } = await register({ endpoint: cluster.url, certificateAuthorityData, token });
    expect(status, text).toBe(201);
    expect([body.status.permissions.missing, body.status.warnings]).toEqual([[], []]);
    expect(tried(body.status.checks)).toMatchObject({ LeastPrivilege: 'Passed', Impersonation: 'Passed' });

    // An administrator through Archon, and somebody without rights there.
    expect((await archon.client.get('/kubernetes/x/api/v1/namespaces')).status).toBe(200);
    expect((await (await archon.as('jane@example.org')).get('/kubernetes/x/api/v1/namespaces')).status).toBe(403);
    const as = (...who: string[]) =>
      kubectl.run([
        'get',
        'namespaces',
        '--kubeconfig=/dev/null',
        `--server=${cluster.url}`,
        `--certificate-authority=${cluster.caFile}`,
        `--token=${token}`,
        ...who,
      ]);
    expect((await as('--as=jane@example.org', '--as-group=system:masters')).stderr).toContain('cannot impersonate resource "groups"');
    expect((await as('--as=jane@example.org', `--as-group=${GROUP}`)).stderr).toContain('cannot list resource "namespaces"');
    expect((await as()).stderr).toContain('cannot list resource "namespaces"');
    // Members of projects: their groups are known only now, and are not for the credential to choose.
    const project = await archon.client.post('/acp/v1/projects', {
      metadata: { name: 'shop' },
      spec: { clusters: [{ name: 'x' }], administrators: ['joe@example.org'] },
    });
    expect(project.status, project.text).toBe(201);
    const made = await archon.client.post('/acp/v1/kubernetes/x/general-namespaces', { project: 'shop', name: 'dev' });
    expect(made.status, made.text).toBe(200);
    const joe = await archon.as('joe@example.org');
    expect((await joe.get('/kubernetes/x/api/v1/namespaces/shop-dev/configmaps')).status).toBe(200);
    expect((await joe.get('/kubernetes/x/api/v1/namespaces/default/configmaps')).status).toBe(403);
    expect((await as('--as=jane@example.org', '--as-group=system:masters')).stderr).toContain('cannot impersonate resource "groups"');

    const [mine] = (await archon.client.get<{ items: Cluster[] }>(PATH)).body.items;
    expect(mine?.status.warnings).toEqual([]);
  });

  it('replaces a credential that is too powerful; its warnings stay until then, and are not for everybody', async () => {
    const powerful = await archon.client.patch<Cluster>(`${PATH}/x`, { spec: byKubeconfig() });
    expect(powerful.body.status.warnings).toHaveLength(2);
    const read = await archon.client.get<Cluster>(`${PATH}/x`);
    expect(read.body.status.warnings).toEqual(powerful.body.status.warnings);
    const seen = await (await archon.as('joe@example.org')).get<Cluster>(`${PATH}/x`);
    expect(Object.keys(seen.body.status)).not.toContain('warnings');
  });
});
