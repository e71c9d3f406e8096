import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '#pki';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { FakeIssuer } from './support/fake-issuer.js';
import { recorded, startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

interface Answer {
  access_token: string;
  issued_token_type: string;
  token_type: string;
  expires_in: number;
  scope: string;
  error?: string;
  message?: string;
}
interface Rule {
  metadata: { name: string };
  spec: Record<string, unknown>;
}
type Status = { details: { causes: { field: string; message: string }[] } };

const RULES = '/acp/v1/trustrules';
const PROVIDERS = '/acp/v1/identityproviders';
const AUDIENCE = 'https://archon.example.org/ci';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const PODS = (cluster: string, namespace: string) => `/kubernetes/${cluster}/api/v1/namespaces/${namespace}/pods`;

/** As GitHub Actions writes them. */
const github = () => ({
  jti: randomUUID(),
  sub: 'repo:octo-org/shop:ref:refs/heads/main',
  aud: AUDIENCE,
  ref: 'refs/heads/main',
  repository: 'octo-org/shop',
  repository_id: '74',
  repository_owner: 'octo-org',
  repository_owner_id: '65',
  event_name: 'push',
  job_workflow_ref: 'octo-org/shop/.github/workflows/deploy.yml@refs/heads/main',
  runner_environment: 'github-hosted',
});
/** As GitLab writes them: all texts. */
const gitlab = () => ({
  jti: randomUUID(),
  sub: 'project_path:shops/shop:ref_type:branch:ref:main',
  aud: AUDIENCE,
  namespace_id: '72',
  namespace_path: 'shops',
  project_id: '20',
  project_path: 'shops/shop',
  pipeline_source: 'push',
  ref: 'main',
  ref_type: 'branch',
  ref_protected: 'true',
  environment_protected: 'false',
});

let archon: Archon;
let replica: Archon;
let c1: RecordingApiServer;
let c2: RecordingApiServer;
let githubIssuer: FakeIssuer;
let gitlabIssuer: FakeIssuer;

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_ISSUER_ALLOWED_NETWORKS: '127.0.0.1' } });
  replica = await archon.replica();
  c1 = await startRecordedCluster(archon, 'one');
  c2 = await startRecordedCluster(archon, 'two');
  const authority = await CertificateAuthority.create('test');
  githubIssuer = await FakeIssuer.start(authority);
  gitlabIssuer = await FakeIssuer.start(authority);
  const certificateAuthorityData = Buffer.from(authority.certPem).toString('base64');
  for (const [name, issuer] of [
    ['github', githubIssuer],
    ['gitlab', gitlabIssuer],
  ] as const) {
    const spec = { issuer: issuer.url, certificateAuthorityData, claims: { username: 'sub' } };
    const answer = await archon.client.post(PROVIDERS, { metadata: { name }, spec });
    expect(answer.status, answer.text).toBe(201);
  }
  await make('shop', {
    identityProvider: 'github',
    conditions: [
      { claim: 'repository_id', equals: '74' },
      { claim: 'ref', glob: 'refs/heads/*' },
    ],
    groups: ['deployers'],
    scope: { clusters: ['one'], namespaces: [{ namespace: 'shop' }, { namespace: 'shop-test' }] },
  });
});
afterAll(async () => {
  await archon?.dispose();
  await replica?.stop();
  await Promise.all([c1?.close(), c2?.close(), githubIssuer?.close(), gitlabIssuer?.close()]);
});

const post = (name: string, spec: object, query = '') =>
  archon.client.post<Rule & Status>(`${RULES}${query}`, {
    metadata: { name },
    spec: { audience: AUDIENCE, scope: { clusters: ['one'] }, ...spec },
  });

async function make(name: string, spec: object): Promise<void> {
  const answer = await post(name, spec);
  expect(answer.status, answer.text).toBe(201);
}

const send = (parameters: Record<string, string>, at = archon) =>
  at.client.as(undefined).post<Answer>('/auth/v1/token', { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', ...parameters });

/** The answer to the exchange of this job's token. */
const exchange = async (claims: object, parameters: Record<string, string> = {}, issuer = githubIssuer) =>
  send({ subject_token: await issuer.sign({ ...claims }), subject_token_type: JWT, ...parameters });

async function tokenOf(claims: object, parameters: Record<string, string> = {}, issuer = githubIssuer): Promise<string> {
  const answer = await exchange(claims, parameters, issuer);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.access_token;
}

const statusOf = async (token: string, path: string, at = archon) => (await at.client.as(token).get(path)).status;

describe('the exchange of a job token', () => {
  it('of GitHub gives a token that is the identity and the scope of the rule, for minutes', async () => {
    const { status, body, text, headers } = await exchange(github());
    expect([status, body.token_type, body.issued_token_type, body.expires_in, body.scope], text).toEqual([
      200,
      'Bearer',
      'urn:ietf:params:oauth:token-type:access_token',
      900,
      'cluster:one namespace:shop namespace:shop-test',
    ]);
    expect([headers['cache-control'], 'refresh_token' in body]).toEqual(['no-store', false]);
    const { result, requests } = await recorded(c1, () => archon.client.as(body.access_token).get(PODS('one', 'shop')));
    expect([result.status, requests[0]?.header('impersonate-user'), requests[0]?.header('impersonate-group')]).toEqual([
      200,
      ['ci:shop'],
      ['deployers'],
    ]);
    expect(await statusOf(body.access_token, PODS('one', 'other'))).toBe(403);
    expect(await statusOf(body.access_token, PODS('two', 'shop'))).toBe(403);
  });

  it('of GitLab works too, by a form as OAuth clients send it', async () => {
    await make('gitlab-shop', {
      identityProvider: 'gitlab',
      conditions: [
        { claim: 'project_path', equals: 'shops/shop' },
        { claim: 'ref_protected', equals: 'true' },
      ],
      user: 'ci:gitlab/shop',
      scope: { clusters: ['one', 'two'], readOnly: true },
      lifetimeMinutes: 1,
    });
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await gitlabIssuer.sign(gitlab()),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    });
    const answer = await archon.client
      .as(undefined)
      .post<Answer>('/auth/v1/token', form.toString(), { 'content-type': 'application/x-www-form-urlencoded' });
    expect([answer.status, answer.body.expires_in], answer.text).toEqual([200, 60]);
    expect(await statusOf(answer.body.access_token, PODS('two', 'any'))).toBe(200);
    expect((await archon.client.as(answer.body.access_token).post(PODS('two', 'any'), {})).status).toBe(403);
  });

  it.each<[string, object]>([
    ['another repository', { repository_id: '75' }],
    ['a tag', { ref: 'refs/tags/v1' }],
    ['a branch with a part more than the glob has', { ref: 'refs/heads/feature/main' }],
    ['another audience', { aud: 'https://github.com/octo-org' }],
    ['no audience', { aud: undefined }],
    ['a repository as a list', { repository_id: ['74'] }],
    ['one that is over', { exp: Math.floor(Date.now() / 1000) - 120 }],
    ['one from the future', { iat: Math.floor(Date.now() / 1000) + 600 }],
    ['no subject', { sub: undefined }],
  ])('refuses %s', async (_, claims) => {
    const { status, body } = await exchange({ ...github(), ...claims });
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
  });

  it('refuses the token of another issuer with the same claims, one signed by nobody, and one that is none', async () => {
    const forged = (await githubIssuer.sign(github())).split('.').slice(0, 2).join('.');
    const tokens = [
      await gitlabIssuer.sign(github()),
      await gitlabIssuer.sign({ ...github(), iss: githubIssuer.url }),
      `${forged}.AAAA`,
      'x',
    ];
    for (const token of tokens) {
      const { status, body } = await send({ subject_token: token, subject_token_type: JWT });
      expect([status, body.error]).toEqual([400, 'invalid_grant']);
    }
  });

  it('is no credential itself: what is meant for the exchange does not come in directly', async () => {
    expect(await statusOf(await githubIssuer.sign(github()), '/acp/v1/whoami')).toBe(401);
  });

  it('takes a token with an id once, on all replicas together, and one without as often as it holds', async () => {
    const token = await githubIssuer.sign(github());
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send({ subject_token: token, subject_token_type: JWT }, index % 2 === 0 ? archon : replica)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(19);
    const plain = await githubIssuer.sign({ ...github(), jti: undefined });
    for (let time = 0; time < 2; time++) expect((await send({ subject_token: plain, subject_token_type: JWT })).status).toBe(200);
    accept({ row: 'T32', what: 'replays of a job token in the exchange', volume: '20 on 2 replicas', result: '1 success' });
  });

  it.each<[string, Record<string, string>, string]>([
    ['no subject token', { subject_token: '' }, 'invalid_request'],
    ['a type that is not a JWT', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request'],
    ['another kind of answer', { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    ['an actor', { actor_token: 'x' }, 'invalid_request'],
    ['a cluster outside of the rule', { audience: 'two' }, 'invalid_target'],
    ['a resource elsewhere', { resource: 'https://elsewhere.example.org/kubernetes/one' }, 'invalid_target'],
    ['more than the rule gives', { scope: 'namespace:one/other' }, 'invalid_scope'],
    ['a namespace everywhere', { scope: 'cluster:one cluster:two' }, 'invalid_scope'],
    ['a word that is no scope', { scope: 'openid' }, 'invalid_scope'],
    ['a rule that does not hold', { trust_rule: 'gitlab-shop' }, 'invalid_grant'],
  ])('refuses %s', async (_, parameters, error) => {
    const { status, body } = await exchange(github(), parameters);
    expect([status, body.error]).toEqual([400, error]);
  });

  it('narrows to what the job asks for', async () => {
    const token = await tokenOf(github(), {
      audience: 'one',
      resource: `${archon.client.url}/kubernetes/one`,
      scope: 'namespace:one/shop-test read-only',
    });
    expect(await statusOf(token, PODS('one', 'shop-test'))).toBe(200);
    expect(await statusOf(token, PODS('one', 'shop'))).toBe(403);
    expect((await archon.client.as(token).post(PODS('one', 'shop-test'), {})).status).toBe(403);
  });

  it('lets the job say which rule it means where several hold', async () => {
    const spec = { identityProvider: 'github', conditions: [{ claim: 'sub', glob: 'repo:octo-org/*:ref:refs/heads/twice' }] };
    const claims = () => ({ ...github(), repository_id: '1', sub: 'repo:octo-org/a:ref:refs/heads/twice' });
    await make('first', spec);
    await make('second', { ...spec, scope: { clusters: ['two'] } });
    const answer = await exchange(claims());
    expect([answer.status, answer.body.error, answer.body.message]).toEqual([
      400,
      'invalid_request',
      expect.stringContaining('first, second'),
    ]);
    expect(await statusOf(await tokenOf(claims(), { trust_rule: 'second' }), PODS('two', 'a'))).toBe(200);
  });
});

describe('the token of a job', () => {
  it('makes no tokens, is not rotated, and sees and administers nothing of the platform', async () => {
    const client = archon.client.as(await tokenOf(github()));
    const me = await client.get<{ user: string; provenBy: { kind: string; id: string } }>('/acp/v1/whoami');
    expect([me.body.user, me.body.provenBy.kind]).toEqual(['ci:shop', 'job']);
    expect(
      (
        await client.post('/auth/v1/accesstoken', {
          description: 'more',
          scope: { clusters: ['one'], namespaces: [{ namespace: 'shop' }] },
        })
      ).status,
    ).toBe(403);
    expect((await client.post(`/auth/v1/accesstoken/${me.body.provenBy.id}/rotate`, {})).status).toBe(403);
    expect((await archon.client.post(`/auth/v1/accesstoken/${me.body.provenBy.id}/rotate`, {})).status).toBe(403);
    for (const path of [RULES, PROVIDERS, '/auth/v1/users', '/acp/v1/audit']) expect((await client.get(path)).status, path).toBe(403);
  });

  it('can be revoked by an administrator, and by the job itself', async () => {
    for (const asAdministrator of [true, false]) {
      const token = await tokenOf(github());
      const { id } = (await archon.client.as(token).get<{ provenBy: { id: string } }>('/acp/v1/whoami')).body.provenBy;
      const by = asAdministrator ? archon.client : archon.client.as(token);
      expect((await by.delete(`/auth/v1/accesstoken/${id}`)).status).toBe(204);
      await eventually(async () => (await statusOf(token, '/acp/v1/whoami', replica)) === 401, { what: 'the token to end on the replica' });
    }
  });

  it('is in the audit log with its rule and the subject of the job', async () => {
    const token = await tokenOf(github());
    const { id } = (await archon.client.as(token).get<{ provenBy: { id: string } }>('/acp/v1/whoami')).body.provenBy;
    const events = await eventually(
      async () => {
        const { items } = (await archon.client.get<{ items: Record<string, unknown>[] }>('/acp/v1/audit?user=ci:shop&limit=500')).body;
        const found = items.filter((item) => JSON.stringify(item).includes(id));
        return found.length > 0 ? found : undefined;
      },
      { what: 'the event of the exchange' },
    );
    expect(JSON.stringify(events[0])).toContain('subject=repo%3Aocto-org%2Fshop%3Aref%3Arefs%2Fheads%2Fmain');
    expect(JSON.stringify(events[0])).toContain('"name":"shop"');
    expect(JSON.stringify(events)).not.toContain(token.split('.')[2]);
  });

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['its rule is changed', () => archon.client.patch(`${RULES}/ends`, { spec: { lifetimeMinutes: 2 } }), () => Promise.resolve()],
    [
      'its rule is disabled',
      () => archon.client.patch(`${RULES}/ends`, { spec: { disabled: true } }),
      () => archon.client.patch(`${RULES}/ends`, { spec: { disabled: false } }),
    ],
    [
      'its issuer is disabled',
      () => archon.client.patch(`${PROVIDERS}/github`, { spec: { disabled: true } }),
      () => archon.client.patch(`${PROVIDERS}/github`, { spec: { disabled: false } }),
    ],
    ['its rule is deleted', () => archon.client.delete(`${RULES}/ends`), () => Promise.resolve()],
  ])('ends on every replica when %s', async (_, change, undo) => {
    const conditions = [{ claim: 'repository', equals: 'octo-org/ends' }];
    await post('ends', { identityProvider: 'github', conditions });
    const token = await tokenOf({ ...github(), repository: 'octo-org/ends', repository_id: '2' });
    expect([await statusOf(token, '/acp/v1/whoami'), await statusOf(token, '/acp/v1/whoami', replica)]).toEqual([200, 200]);
    await change();
    for (const at of [archon, replica])
      await eventually(async () => (await statusOf(token, '/acp/v1/whoami', at)) === 401, { what: 'the token to end', timeoutMs: 5000 });
    await undo();
  });
});

describe('a trust rule', () => {
  const conditions = [{ claim: 'repository_id', equals: '74' }];

  it('is made, listed, read, changed and removed; a dry run stores nothing', async () => {
    expect((await post('life', { identityProvider: 'github', conditions }, '?dryRun=All')).status).toBe(201);
    expect((await archon.client.get(`${RULES}/life`)).status).toBe(404);
    await make('life', { identityProvider: 'github', conditions });
    expect((await post('life', { identityProvider: 'github', conditions })).status).toBe(409);
    const tried = await archon.client.patch<Rule>(`${RULES}/life?dryRun=All`, { spec: { lifetimeMinutes: 5 } });
    expect([tried.status, tried.body.spec.lifetimeMinutes]).toEqual([200, 5]);
    const changed = await archon.client.patch<Rule>(`${RULES}/life`, { spec: { groups: ['deployers'] } });
    expect([changed.body.spec.groups, changed.body.spec.lifetimeMinutes, changed.body.spec.user]).toEqual([['deployers'], 15, 'ci:life']);
    expect((await archon.client.get<Rule>(`${RULES}/life`)).body).toEqual(changed.body);
    const { items } = (await archon.client.get<{ items: Rule[] }>(RULES)).body;
    expect(items.map(({ metadata }) => metadata.name)).toContain('life');
    expect((await archon.client.delete(`${RULES}/life`)).status).toBe(204);
    expect((await archon.client.delete(`${RULES}/life`)).status).toBe(404);
  });

  it.each<[string, object, string]>([
    ['no conditions', { conditions: [] }, 'spec.conditions'],
    ['a condition that holds for everybody', { conditions: [{ claim: 'sub', glob: '**' }] }, 'spec.conditions[0]'],
    ['conditions that name nobody', { conditions: [{ claim: 'ref', equals: 'refs/heads/main' }] }, 'spec.conditions'],
    ['owners of a like name', { conditions: [{ claim: 'sub', glob: 'repo:octo*' }] }, 'spec.conditions'],
    ['no scope', { scope: undefined }, 'spec.scope'],
    ['a scope that is null', { scope: null }, 'spec.scope'],
    ['conditions that are absent', { conditions: undefined }, 'spec.conditions'],
    ['no audience', { audience: undefined }, 'spec.audience'],
    ['null for a life', { lifetimeMinutes: null }, 'spec.lifetimeMinutes'],
    ['a scope that narrows nothing', { scope: {} }, 'spec.scope'],
    ['a cluster that is not registered', { scope: { clusters: ['nowhere'] } }, 'spec.scope'],
    ['a longer life than an hour', { lifetimeMinutes: 61 }, 'spec.lifetimeMinutes'],
    ['no life', { lifetimeMinutes: 0 }, 'spec.lifetimeMinutes'],
    ['the administrators', { groups: ['acp:platform:administrator'] }, 'spec.groups[0]'],
    ['the masters', { groups: ['system:masters'] }, 'spec.groups[0]'],
    ['a user who may be a person', { user: 'jane@example.org' }, 'spec.user'],
    ['a user of the cluster', { user: 'system:admin' }, 'spec.user'],
    ['an issuer that is not registered', { identityProvider: 'nobody' }, 'spec.identityProvider'],
  ])('is refused with %s', async (_, spec, field) => {
    const { status, body } = await post('bad', { identityProvider: 'github', conditions, ...spec });
    expect([status, body.details.causes.map((cause) => cause.field)]).toEqual([422, [field]]);
  });

  it.each(['scope', 'conditions', 'audience', 'groups', 'user', 'lifetimeMinutes'])('keeps %s when a patch says null', async (field) => {
    const { status, body } = await archon.client.patch<Status>(`${RULES}/shop`, { spec: { [field]: null } });
    expect([status, body.details.causes.map((cause) => cause.field)]).toEqual([422, [`spec.${field}`]]);
  });

  it('is refused with an audience whose tokens come in directly, and stops when its audience becomes one', async () => {
    await make('direct', {
      identityProvider: 'github',
      audience: 'later',
      conditions: [{ claim: 'repository', equals: 'octo-org/later' }],
    });
    const claims = () => ({ ...github(), aud: 'later', repository: 'octo-org/later', repository_id: '3' });
    expect((await exchange(claims())).status).toBe(200);
    await archon.client.patch(`${PROVIDERS}/github`, { spec: { audiences: ['later'] } });
    const { status, body } = await exchange(claims());
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
    const refused = await post('direct-2', { identityProvider: 'github', audience: 'later', conditions });
    expect([refused.status, refused.body.details.causes[0]?.field]).toEqual([422, 'spec.audience']);
    await archon.client.patch(`${PROVIDERS}/github`, { spec: { audiences: [] } });
  });

  it('is written by administrators alone', async () => {
    const jane = await archon.as('jane@example.org');
    expect((await jane.get(RULES)).status).toBe(403);
    expect((await jane.post(RULES, { metadata: { name: 'own' }, spec: {} })).status).toBe(403);
    expect((await jane.delete(`${RULES}/shop`)).status).toBe(403);
  });
});
