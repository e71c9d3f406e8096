import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import { startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';

type Answer = { allowed: boolean; reason: string };
type CanI = Partial<Answer> & { items?: Answer[] };
interface Explanation extends Answer {
  user: string;
  decidedBy: string;
  membership?: { role: string };
  groups?: string[];
  grants: { role: string; scope: string; project?: string; cluster?: string; namespace?: string }[];
}
type Status = { message: string; details?: { causes?: { field: string }[] } };

const CAN_I = '/acp/v1/can-i';
const EXPLAIN = '/acp/v1/explain-access';
const DEVELOPER = 'namespace-developer-system';
const [DEV, STRANGER] = ['dev@example.org', 'stranger@example.org'];

let archon: Archon;
let dead: RecordingApiServer;
let project: string;
let namespace: string;
let dev: ArchonClient;
let stranger: ArchonClient;
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
  dead = await startRecordedCluster(archon, 'dead');
  project = uniqueName('can');
  namespace = `${project}-dev`;
  const made = await archon.client.post('/acp/v1/projects', { metadata: { name: project }, spec: { clusters: [{ name: 'c1' }] } });
  expect(made.status, made.text).toBe(201);
  expect((await archon.client.post('/acp/v1/kubernetes/c1/general-namespaces', { project, name: 'dev' })).status).toBe(200);
  const member = { subject: { kind: 'User', name: DEV }, role: DEVELOPER };
  expect((await archon.client.post(`/acp/v1/kubernetes/c1/namespaces/${namespace}/members`, member)).status).toBe(201);
  [dev, stranger] = [await archon.as(DEV), await archon.as(STRANGER)];
}, 60_000);
afterAll(async () => {
  await archon?.dispose();
  await dead?.close();
});

const deployments = (verb: string) => ({ cluster: 'c1', namespace, verb, group: 'apps', resource: 'deployments' });

describe('can-i', () => {
  it('PERM-1 answers for the cluster what its RBAC decides, and for functions what Archon decides', async () => {
    const ask = async (client: ArchonClient, question: object) => (await client.post<CanI>(CAN_I, question)).body;
    expect(await ask(dev, deployments('create'))).toMatchObject({ allowed: true, reason: expect.stringContaining('RoleBinding') });
    expect(await ask(dev, { ...deployments('create'), namespace: 'default' })).toMatchObject({ allowed: false });
    expect(await ask(stranger, deployments('create'))).toMatchObject({ allowed: false });
    const read = { function: 'acp-namespaces', action: 'get', cluster: 'c1', namespace };
    expect(await ask(dev, read)).toMatchObject({ allowed: true, reason: expect.stringContaining(DEVELOPER) });
    expect(await ask(dev, { ...read, action: 'delete' })).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('project-admin-system'),
    });
    expect(await ask(archon.client, { ...read, action: 'delete' })).toMatchObject({ allowed: true });
  });

  it('answers many questions in their order; a cluster that is down fails its own, in bounded time', async () => {
    await dead.close();
    const begin = performance.now();
    const items = [deployments('get'), { cluster: 'dead', verb: 'list', resource: 'pods' }, deployments('delete')];
    const { body, text } = await dev.post<CanI>(CAN_I, { items });
    expect(
      body.items?.map(({ allowed }) => allowed),
      text,
    ).toEqual([true, false, true]);
    expect(body.items?.[1]?.reason).toContain('"dead"');
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it('keeps to the scope of the credential', async () => {
    const scope = { namespaces: [{ cluster: 'c1', namespace }], readOnly: true };
    const made = await dev.post<{ token: string }>('/auth/v1/accesstoken', { description: 'reads', scope });
    const reader = dev.as(made.body.token);
    expect((await reader.post<CanI>(CAN_I, deployments('get'))).body.allowed).toBe(true);
    // A GET that opens a connection into a Pod is more than reading, as the proxy sees it.
    const exec = { cluster: 'c1', namespace, verb: 'get', resource: 'pods', subresource: 'exec' };
    expect((await reader.post<CanI>(CAN_I, exec)).body).toMatchObject({ allowed: false, reason: expect.stringContaining('scope') });
    const everywhere = { function: 'platform-manage-projectmanage', action: 'get', project };
    expect((await reader.post<CanI>(CAN_I, everywhere)).body).toMatchObject({ allowed: false, reason: expect.stringContaining('scope') });
    expect((await reader.post<CanI>(CAN_I, deployments('create'))).body).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('scope'),
    });
  });

  it.each([
    ['nothing', {}, 'cluster'],
    ['both kinds', { function: 'acp-app', action: 'get', verb: 'get' }, 'verb'],
    ['an unknown function', { function: 'acp-nothing', action: 'get' }, 'function'],
    ['a namespace without its cluster', { function: 'acp-app', action: 'get', namespace: 'x' }, 'cluster'],
    ['a question within a list that is none', { items: [{ cluster: 'c1', verb: 'get' }] }, 'items[0].resource'],
  ])('refuses %s', async (_, body, field) => {
    const answer = await dev.post<Status>(CAN_I, body);
    expect([answer.status, answer.body.details?.causes?.[0]?.field], answer.text).toEqual([422, field]);
  });
});

describe('explain-access', () => {
  it('names what allows it: the membership, and the binding in the cluster', async () => {
    const byRole = (await dev.post<Explanation>(EXPLAIN, { function: 'acp-app', action: 'create', cluster: 'c1', namespace })).body;
    expect(byRole).toMatchObject({ allowed: true, user: DEV, decidedBy: 'membership', membership: { role: DEVELOPER }, grants: [] });
    const byCluster = (await dev.post<Explanation>(EXPLAIN, deployments('patch'))).body;
    expect(byCluster).toMatchObject({ allowed: true, decidedBy: 'cluster', reason: expect.stringContaining(`archon:${DEVELOPER}`) });
    expect(byCluster.groups).toContain(`acp:namespace:c1:${namespace}:${DEVELOPER}`);
  });

  it('names the grants that would change a denial, and they do', async () => {
    const question = deployments('create');
    const { body } = await archon.client.post<Explanation>(EXPLAIN, { ...question, user: STRANGER });
    expect(body).toMatchObject({ allowed: false, user: STRANGER, decidedBy: 'cluster' });
    const grant = body.grants.find(({ role, scope }) => role === DEVELOPER && scope === 'namespace');
    expect(grant).toEqual({ role: DEVELOPER, scope: 'namespace', project, cluster: 'c1', namespace });
    const members = `/acp/v1/kubernetes/c1/namespaces/${namespace}/members`;
    expect((await archon.client.post(members, { subject: { kind: 'User', name: STRANGER }, role: grant?.role })).status).toBe(201);
    expect((await stranger.post<CanI>(CAN_I, question)).body.allowed).toBe(true);
    expect((await archon.client.delete(`${members}/${STRANGER}`)).status).toBe(204);
  });

  it('tells a stranger nothing of whose a namespace is, or whether there is one', async () => {
    const ask = async (where: string) => (await stranger.post<Explanation>(EXPLAIN, { ...deployments('create'), namespace: where })).body;
    const [there, nowhere] = [await ask(namespace), await ask('nowhere-at-all')];
    expect(there.grants.map((grant) => ({ ...grant, namespace: '' }))).toEqual(
      nowhere.grants.map((grant) => ({ ...grant, namespace: '' })),
    );
    expect(JSON.stringify(there).replaceAll(namespace, 'X')).not.toContain(project);
    const refused = (where: string) => stranger.delete<Status>(`/acp/v1/kubernetes/c1/namespaces/${where}`);
    const messages = [await refused(namespace), await refused('nowhere-at-all')].map(({ body }) => body.message);
    expect(messages[0]?.replaceAll(namespace, 'X')).toBe(messages[1]?.replaceAll('nowhere-at-all', 'X'));
  });

  it('tells what a token or a session is good for, to its user, to auditors, and to the token itself', async () => {
    const scope = { namespaces: [{ cluster: 'c1', namespace }], readOnly: true };
    const made = await dev.post<{ id: string; token: string }>('/auth/v1/accesstoken', { description: 'reads', scope });
    const question = { ...deployments('create'), token: made.body.id };
    const itself = dev.as(made.body.token);
    for (const client of [dev, archon.client, itself])
      expect((await client.post<Explanation>(EXPLAIN, question)).body).toMatchObject({
        allowed: false,
        user: DEV,
        decidedBy: 'scope',
        reason: expect.stringContaining('the verb "create"'),
      });
    expect((await dev.post<Explanation>(EXPLAIN, { ...question, verb: 'get' })).body).toMatchObject({
      allowed: true,
      decidedBy: 'cluster',
    });
    expect((await stranger.post(EXPLAIN, question)).status).toBe(404);
    const wide = await dev.post<{ id: string }>('/auth/v1/accesstoken', { description: 'wide' });
    expect((await itself.post(EXPLAIN, { ...question, token: wide.body.id })).status).toBe(404);

    const [username, password, newPassword] = ['explained@example.org', 'correct horse battery staple', 'staple battery horse correct'];
    expect((await archon.client.post('/auth/v1/users', { spec: { email: username, password } })).status).toBe(201);
    const login = await dev.as(undefined).post<{ access_token: string }>('/auth/v1/login', { username, password, newPassword });
    expect(login.status, login.text).toBe(200);
    const somebody = archon.client.as(login.body.access_token);
    const { id } = (await somebody.get<{ provenBy: { id: string } }>('/acp/v1/whoami')).body.provenBy;
    const ofSession = { ...deployments('create'), session: id };
    expect((await archon.client.post<Explanation>(EXPLAIN, ofSession)).body).toMatchObject({ allowed: false, user: username });
    expect((await dev.post(EXPLAIN, ofSession)).status).toBe(404);
    const both = await archon.client.post<Status>(EXPLAIN, { ...ofSession, token: made.body.id });
    expect([both.status, both.body.details?.causes?.[0]?.field]).toEqual([422, 'session']);
  });

  it('tells of others only to administrators and auditors', async () => {
    expect((await dev.post(EXPLAIN, { ...deployments('get'), user: STRANGER })).status).toBe(403);
    expect((await dev.post(EXPLAIN, { ...deployments('get'), user: DEV })).status).toBe(200);
  });
});

it('whoami tells where one is a member, without a right to list namespaces', async () => {
  const { body } = await dev.get<{ memberships: object[] }>('/acp/v1/whoami');
  expect(body.memberships).toEqual([{ role: DEVELOPER, scope: 'namespace', project, cluster: 'c1', namespace }]);
  expect((await stranger.get<{ memberships: object[] }>('/acp/v1/whoami')).body.memberships).toEqual([]);
});
