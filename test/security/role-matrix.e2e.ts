import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { accept } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { ArchonClient, type ClientResponse } from '../support/http-client.js';
import { rawRequest, rawUpgrade, statusOf } from '../support/raw-request.js';
import { eventually } from '../support/wait-for.js';

/** Who a route is for: each may also do what those before may. */
type Access = 'public' | 'authenticated' | 'auditor' | 'administrator';

/**
 * Every route of Archon and who it is for. A route that is not here, or is for somebody else, makes this test fail: whoever adds a public
 * route has to say so here, in front of a reviewer.
 */
const DECLARED: Record<string, Access> = {
  'GET /.well-known/jwks.json': 'public',
  'GET /acp/v1/audit': 'auditor',
  'GET /acp/v1/bootstrap-manifest': 'auditor',
  'GET /acp/v1/clusters': 'authenticated',
  'POST /acp/v1/clusters': 'administrator',
  'GET /acp/v1/clusters/{cluster}': 'authenticated',
  'PATCH /acp/v1/clusters/{cluster}': 'administrator',
  'DELETE /acp/v1/clusters/{cluster}': 'administrator',
  'GET /acp/v1/clusters/{cluster}/bootstrap-manifest': 'auditor',
  'GET /acp/v1/encryption': 'auditor',
  'POST /acp/v1/encryption/rekey': 'administrator',
  'GET /acp/v1/identityproviders': 'auditor',
  'POST /acp/v1/identityproviders': 'administrator',
  'GET /acp/v1/identityproviders/{provider}': 'auditor',
  'PATCH /acp/v1/identityproviders/{provider}': 'administrator',
  'DELETE /acp/v1/identityproviders/{provider}': 'administrator',
  'GET /acp/v1/trustrules': 'auditor',
  'POST /acp/v1/trustrules': 'administrator',
  'GET /acp/v1/trustrules/{rule}': 'auditor',
  'PATCH /acp/v1/trustrules/{rule}': 'administrator',
  'DELETE /acp/v1/trustrules/{rule}': 'administrator',
  'GET /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}': 'authenticated',
  'PUT /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}': 'authenticated',
  'PATCH /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}': 'authenticated',
  'DELETE /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}/restart': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}/start': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}/stop': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}/snapshot': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}/versions': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}/versions/{revision}': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/applications/{name}/versions/{revision}/diff': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/general-namespaces': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/general-namespaces': 'authenticated',
  'PUT /acp/v1/kubernetes/{cluster}/general-namespaces/{namespace}': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/namespaceoverviews/{namespace}/resourcequota': 'authenticated',
  'DELETE /acp/v1/kubernetes/{cluster}/namespaces/{namespace}': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/namespaces/{namespace}': 'authenticated',
  'PATCH /acp/v1/kubernetes/{cluster}/namespaces/{namespace}': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/members': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/members': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/memberimports': 'authenticated',
  'DELETE /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/members/{user}': 'authenticated',
  'PATCH /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/members/{user}': 'authenticated',
  'POST /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/remove': 'authenticated',
  'GET /acp/v1/members': 'auditor',
  'POST /acp/v1/members': 'administrator',
  'DELETE /acp/v1/members/{id}': 'administrator',
  'GET /acp/v1/kubernetes/{cluster}/quota-types': 'authenticated',
  'POST /acp/v1/can-i': 'authenticated',
  'POST /acp/v1/explain-access': 'authenticated',
  'GET /acp/v1/permissions': 'authenticated',
  'GET /acp/v1/pod-security-samples': 'authenticated',
  'PUT /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/pod-security-samples/{sample}': 'authenticated',
  'DELETE /acp/v1/kubernetes/{cluster}/namespaces/{namespace}/pod-security-samples/{sample}': 'authenticated',
  'GET /acp/v1/projects': 'authenticated',
  'POST /acp/v1/projects': 'authenticated',
  'DELETE /acp/v1/projects/{project}': 'authenticated',
  'GET /acp/v1/projects/{project}': 'authenticated',
  'PATCH /acp/v1/projects/{project}': 'authenticated',
  'GET /acp/v1/applications': 'authenticated',
  'GET /acp/v1/projects/{project}/applications': 'authenticated',
  'GET /acp/v1/projects/{project}/members': 'authenticated',
  'POST /acp/v1/projects/{project}/members': 'authenticated',
  'DELETE /acp/v1/projects/{project}/members/{user}': 'authenticated',
  'PATCH /acp/v1/projects/{project}/members/{user}': 'authenticated',
  'GET /acp/v1/projects/{project}/namespaces': 'authenticated',
  'GET /acp/v1/projects/{project}/quota': 'authenticated',
  'GET /acp/v1/roles': 'authenticated',
  'GET /acp/v1/kubernetes/{cluster}/topology/{namespace}/{kind}/{name}': 'authenticated',
  'GET /acp/v1/resources/search/kubernetes/{cluster}/api/{version}/{resource}': 'authenticated',
  'GET /acp/v1/resources/search/kubernetes/{cluster}/api/{version}/namespaces/{namespace}/{resource}': 'authenticated',
  'GET /acp/v1/resources/search/kubernetes/{cluster}/apis/{group}/{version}/{resource}': 'authenticated',
  'GET /acp/v1/resources/search/kubernetes/{cluster}/apis/{group}/{version}/namespaces/{namespace}/{resource}': 'authenticated',
  'POST /acp/v1/resources/{cluster}/resources': 'authenticated',
  'GET /acp/v1/resources/{cluster}/resourcetypes': 'authenticated',
  'GET /acp/v1/search': 'authenticated',
  'GET /acp/v1/search/{resource}': 'authenticated',
  'POST /acp/v1/roles': 'administrator',
  'DELETE /acp/v1/roles/{role}': 'administrator',
  'GET /acp/v1/roles/{role}': 'authenticated',
  'PATCH /acp/v1/roles/{role}': 'administrator',
  'GET /acp/v1/operations': 'authenticated',
  'GET /acp/v1/operations/{id}': 'authenticated',
  'GET /acp/v1/whoami': 'authenticated',
  'GET /apis/auth.alauda.io/v1/projects': 'authenticated',
  'POST /apis/auth.alauda.io/v1/projects': 'authenticated',
  'GET /apis/auth.alauda.io/v1/projects/{project}': 'authenticated',
  'PATCH /apis/auth.alauda.io/v1/projects/{project}': 'authenticated',
  'DELETE /apis/auth.alauda.io/v1/projects/{project}': 'authenticated',
  'GET /auth/v1/accesstoken': 'authenticated',
  'POST /auth/v1/accesstoken': 'authenticated',
  'DELETE /auth/v1/accesstoken': 'authenticated',
  'GET /auth/v1/accesstoken/{id}': 'authenticated',
  'DELETE /auth/v1/accesstoken/{id}': 'authenticated',
  'POST /auth/v1/accesstoken/{id}/rotate': 'authenticated',
  'GET /auth/v1/clusters': 'authenticated',
  'GET /auth/v1/clusters/{cluster}/kubeconfig': 'authenticated',
  'POST /auth/v1/login': 'public',
  'POST /auth/v1/logout': 'authenticated',
  'POST /auth/v1/oidc/{provider}/device': 'public',
  'GET /auth/v1/oidc/{provider}/login': 'public',
  'GET /auth/v1/pubkey': 'public',
  'GET /auth/v1/sessions': 'authenticated',
  'DELETE /auth/v1/sessions/{id}': 'authenticated',
  'GET /auth/v1/signingkeys': 'auditor',
  'POST /auth/v1/signingkeys/rotate': 'administrator',
  'GET /auth/v1/projects': 'authenticated',
  'DELETE /auth/v1/projects/{project}': 'authenticated',
  'GET /auth/v1/projects/{project}/clusters/{cluster}/namespaces': 'authenticated',
  'POST /auth/v1/token': 'public',
  'GET /auth/v1/users': 'auditor',
  'POST /auth/v1/users': 'administrator',
  'GET /auth/v1/users/{name}': 'authenticated',
  'PATCH /auth/v1/users/{name}': 'authenticated',
  'DELETE /auth/v1/users/{name}': 'administrator',
  'GET /auth/v2/userbindings': 'authenticated',
  'POST /auth/v2/userbindings': 'authenticated',
  'DELETE /auth/v2/userbindings': 'authenticated',
  'DELETE /auth/v2/userbindings/{name}': 'authenticated',
  'GET /healthz': 'public',
  'GET /livez': 'public',
  'GET /metrics': 'public',
  'GET /readyz': 'public',
};

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY', 'get'];
const RANKS: Access[] = ['public', 'authenticated', 'auditor', 'administrator'];
const PASSWORD = 'correct horse battery staple';
/** Names nothing, so that no route finds anything to do. */
const NOTHING = '6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52';

const document = parse(readFileSync(path.join(import.meta.dirname, '../../openapi/archon.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, object>>;
};
const templates = Object.keys(document.paths);
const pathOf = (template: string) => template.replaceAll(/\{[^}]+\}/g, NOTHING);

let archon: Archon;
let callers: Record<'anonymous' | 'user' | 'auditor' | 'administrator', ArchonClient>;
const RANK_OF = { anonymous: 0, user: 1, auditor: 2, administrator: 3 };
let tokens: Record<string, string>;

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
  const token = async (email: string, roles: string[]) => {
    const spec = { email, password: PASSWORD, extra: { roles } };
    expect((await archon.client.post('/auth/v1/users', { spec })).status).toBe(201);
    return archon.tokenOf(email);
  };
  tokens = {
    user: await token('user@example.org', []),
    auditor: await token('auditor@example.org', ['auditor']),
    administrator: archon.token,
  };
  const { url } = archon.client;
  const caPem = readFileSync(path.join(archon.state, 'tls', 'ca.crt'), 'utf8');
  // Without the comparison with the OpenAPI document, which does not describe what nobody should send.
  const anonymous = new ArchonClient({ url, caPem });
  callers = {
    anonymous,
    user: anonymous.as(tokens.user),
    auditor: anonymous.as(tokens.auditor),
    administrator: anonymous.as(tokens.administrator),
  };
});
afterAll(async () => {
  await callers?.anonymous.close();
  await archon?.dispose();
});

/** Whether the guard in front of the route let the request pass; what the handler then makes of it does not matter here. */
function passed({ status, body }: ClientResponse<{ message?: string } | undefined>): boolean {
  if (status === 401) return body?.message?.includes('user name or the password') === true; // the login itself
  return !(status === 403 && body?.message?.includes('it needs the role') === true);
}

/** T14: a method that a route does not have finds nothing, whoever sends it. HEAD is GET without a body, and for the same callers. */
function isRefused(method: string, template: string, rank: number, status: number): boolean {
  const ofGet = DECLARED[`GET ${template}`];
  if (method === 'HEAD' && ofGet !== undefined) return rank >= RANKS.indexOf(ofGet) ? status !== 401 : [401, 403].includes(status);
  return [400, 401, 404, 405].includes(status);
}

describe('every route', () => {
  it('is declared in the table of this test, and no other', () => {
    const routes = templates.flatMap((template) =>
      Object.keys(document.paths[template] ?? {}).map((each) => `${each.toUpperCase()} ${template}`),
    );
    expect(routes.toSorted()).toEqual(Object.keys(DECLARED).toSorted());
  });

  it('S-4: lets exactly those pass whom the table names, with each method', async () => {
    const differences: string[] = [];
    let requests = 0;
    for (const template of templates)
      for (const method of METHODS)
        for (const [name, client] of Object.entries(callers)) {
          const access = DECLARED[`${method} ${template}`];
          const body = ['POST', 'PUT', 'PATCH'].includes(method) ? '{}' : undefined;
          const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
          const answer = await client.request<{ message?: string }>(method, pathOf(template), body, headers);
          requests++;
          const rank = RANK_OF[name as keyof typeof RANK_OF];
          const isRight =
            access === undefined ? isRefused(method, template, rank, answer.status) : passed(answer) === rank >= RANKS.indexOf(access);
          if (!isRight) differences.push(`${method} ${template} by ${name}: ${answer.status}`);
          if (answer.status >= 500 && answer.status !== 503) differences.push(`${method} ${template} by ${name}: ${answer.status}`);
        }
    expect(differences).toEqual([]);
    accept({
      row: 'S-4',
      what: 'every route, method and role',
      volume: `${requests} requests`,
      result: '0 differences from the declared table',
    });
  });

  it('T39: says nothing to the anonymous but what the public routes are for', async () => {
    for (const [route, access] of Object.entries(DECLARED)) {
      const [method = '', template = ''] = route.split(' ');
      if (access === 'public') continue;
      const answer = await callers.anonymous.request<{ reason: string; details?: object }>(method, pathOf(template));
      expect([answer.status, answer.body.reason, answer.body.details], route).toEqual([401, 'Unauthorized', undefined]);
    }
    const docs = await callers.anonymous.get('/openapi.json');
    expect(docs.text).not.toMatch(/password":\s*"[^"]{24}|BEGIN (RSA )?PRIVATE/);
  });
});

describe('an auditor on a cluster', () => {
  const proxied = (url: string) => `/kubernetes/c1${url}`;

  it.each([
    '/api/v1/namespaces',
    '/api/v1/pods',
    '/api/v1/nodes',
    '/api/v1/events',
    '/apis/apps/v1/deployments',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    '/apis/app.k8s.io/v1beta1/applications',
  ])('reads %s, which a user without rights may not', async (url) => {
    // An API server that has just got a kind asks its clients to come back (429) until it can serve it.
    const read = await eventually(
      async () => {
        const answer = await callers.auditor.get(proxied(url));
        return answer.status !== 429 && answer;
      },
      { what: 'the kind to be served' },
    );
    expect([read.status, (await callers.user.get(proxied(url))).status], read.text.slice(0, 300)).toEqual([200, 403]);
  });

  it.each([
    ['GET', '/api/v1/secrets'],
    ['GET', '/api/v1/namespaces/kube-system/secrets/any'],
    ['POST', '/api/v1/namespaces/default/configmaps'],
    ['DELETE', '/api/v1/namespaces/default/pods/any'],
    ['PATCH', '/apis/apps/v1/namespaces/default/deployments/any'],
    ['GET', '/api/v1/namespaces/default/services/any/proxy/'],
    ['GET', '/api/v1/namespaces/default/pods/any/proxy/'],
    ['GET', '/api/v1/nodes/any/proxy/configz'],
    ['POST', '/api/v1/namespaces/default/serviceaccounts/default/token'],
  ])('is refused %s %s', async (method, url) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}';
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await callers.auditor.request(method, proxied(url), body, body === undefined ? {} : { 'content-type': type });
    expect(answer.status, answer.text).toBe(403);
  });

  it.each(['exec?command=id', 'attach', 'portforward'])('opens no connection by %s, whatever the method', async (action) => {
    const url = proxied(`/api/v1/namespaces/default/pods/any/${action}`);
    for (const head of [
      rawUpgrade(url, { token: tokens.auditor ?? '' }),
      rawRequest(url, {
        method: 'POST',
        token: tokens.auditor ?? '',
        headers: ['Connection: Upgrade', 'Upgrade: SPDY/3.1', 'Content-Length: 0'],
      }),
    ]) {
      const answer = await callers.anonymous.raw(head, { until: /\r\n\r\n/, timeoutMs: 10_000 });
      expect(statusOf(answer), answer.text.slice(0, 300)).toBe(403);
    }
  });
});
