import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessScope,
  isWithin,
  missingForFunction,
  missingForKubernetes,
  type ScopeVerb,
  SCOPE_VERBS,
  uselessScope,
} from './access-scope.js';

const ask = (scope: AccessScope, method: string, path: string, more: { cluster?: string; upgrade?: boolean; contentType?: string } = {}) =>
  missingForKubernetes(scope, { cluster: 'c1', upgrade: false, method, path, ...more })?.field ?? 'allowed';

const IN_A: AccessScope = { namespaces: [{ cluster: 'c1', namespace: 'a' }] };
const READ_ONLY: AccessScope = { readOnly: true };
const OF_SHOP: AccessScope = { projects: ['shop'], projectNamespaces: [{ cluster: 'c1', namespace: 'shop-dev' }] };

describe('a scope of a namespace', () => {
  it.each([
    ['GET', '/api/v1/namespaces/a/pods'],
    ['POST', '/apis/apps/v1/namespaces/a/deployments'],
    ['DELETE', '/api/v1/namespaces/a/configmaps'],
    ['GET', '/api/v1/watch/namespaces/a/pods'],
    ['GET', '/api/v1/namespaces/%61/pods'],
    ['POST', '/api/v1/namespaces/a/pods/p/exec'],
    ['GET', '/api/v1/namespaces/a'],
    ['GET', '/version'],
    ['GET', '/api'],
    ['GET', '/api/v1'],
    ['GET', '/apis/apps/v1'],
    ['HEAD', '/apis'],
    ['GET', '/openapi/v3/apis/apps/v1'],
    ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews'],
  ])('allows %s %s', (method, path) => expect(ask(IN_A, method, path)).toBe('allowed'));

  it.each([
    ['GET', '/api/v1/pods'],
    ['GET', '/api/v1/pods?fieldSelector=metadata.namespace%3Da'],
    ['GET', '/api/v1/namespaces/b/pods'],
    ['GET', '/api/v1/namespaces/b/pods?namespace=a'],
    ['GET', '/api/v1/watch/pods'],
    ['GET', '/api/v1/watch/namespaces/b/pods'],
    ['GET', '/api/v1/namespaces'],
    ['GET', '/api/v1/namespaces?fieldSelector=metadata.name%3Da'],
    ['GET', '/api/v1/watch/namespaces/a'],
    ['PATCH', '/api/v1/namespaces/a'],
    ['PUT', '/api/v1/namespaces/a/finalize'],
    ['GET', '/api/v1/namespaces/a/status'],
    ['DELETE', '/api/v1/namespaces/a'],
    ['DELETE', '/api/v1/namespaces'],
    ['GET', '/apis/example.org/v1/namespaces/a'],
    ['GET', '/api/v1/nodes/a'],
    ['GET', '/api/v1/nodes/a/proxy/namespaces/a/pods'],
    ['GET', '/api/v1/proxy/nodes/a'],
    ['GET', '/api/v1/persistentvolumes'],
    ['GET', '/metrics'],
    ['GET', '/logs/'],
    ['GET', '/'],
    ['GET', '/healthz'],
    ['POST', '/version'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
    ['GET', '/%61pi/v1/pods'],
    ['GET', '/api/v1/n%61mespaces/b/pods'],
  ])('refuses %s %s', (method, path) => expect(ask(IN_A, method, path)).toMatch(/^(namespaces|scope)$/));

  it('refuses the namespace of the same name in another cluster', () => {
    expect(ask(IN_A, 'GET', '/api/v1/namespaces/a/pods', { cluster: 'c2' })).toBe('clusters');
    expect(ask(IN_A, 'GET', '/version', { cluster: 'c2' })).toBe('clusters');
  });

  it('holds in every cluster of the scope when it names none', () => {
    const scope = { clusters: ['c1', 'c2'], namespaces: [{ namespace: 'a' }] };
    expect(['c1', 'c2', 'c3'].map((cluster) => ask(scope, 'GET', '/api/v1/namespaces/a/pods', { cluster }))).toEqual([
      'allowed',
      'allowed',
      'clusters',
    ]);
  });
});

describe('a scope of a project', () => {
  it.each([
    ['GET', '/api/v1/namespaces/shop-dev/pods', 'allowed'],
    ['GET', '/api/v1/namespaces/shop-dev', 'allowed'],
    ['GET', '/apis/apps', 'allowed'],
    ['GET', '/api/v1/namespaces/other-dev/pods', 'namespaces'],
    ['GET', '/api/v1/pods', 'namespaces'],
    ['GET', '/api/v1/namespaces', 'namespaces'],
    ['DELETE', '/api/v1/namespaces/shop-dev', 'namespaces'],
  ])('in its cluster: %s %s is %s', (method, path, expected) => expect(ask(OF_SHOP, method, path)).toBe(expected));

  it('reaches no cluster in which the project has nothing', () => {
    expect(ask(OF_SHOP, 'GET', '/version', { cluster: 'c2' })).toBe('clusters');
    expect(ask({ ...OF_SHOP, clusters: ['c2'] }, 'GET', '/api/v1/namespaces/shop-dev/pods')).toBe('clusters');
  });

  it.each([
    [OF_SHOP, { project: 'shop' }, undefined],
    [OF_SHOP, { project: 'shop', cluster: 'c2', namespace: 'shop-new' }, undefined],
    [OF_SHOP, { cluster: 'c1', namespace: 'shop-dev' }, undefined],
    [OF_SHOP, { project: 'other' }, 'projects'],
    [OF_SHOP, {}, 'scope'],
    [OF_SHOP, { cluster: 'c1' }, 'namespaces'],
    [OF_SHOP, { project: 'other', cluster: 'c1', namespace: 'other-dev' }, 'namespaces'],
    [{ ...OF_SHOP, clusters: ['c1'] }, { project: 'shop' }, 'projects'],
    [{ ...OF_SHOP, clusters: ['c1'] }, { project: 'shop', cluster: 'c1' }, undefined],
    [{ ...OF_SHOP, readOnly: true }, { project: 'shop' }, 'verbs'],
    [IN_A, { project: 'shop', cluster: 'c1', namespace: 'b' }, 'namespaces'],
  ])('%j for a function at %j lacks %s', (scope, place, expected) =>
    expect(missingForFunction(scope, { action: 'create', ...place })?.field).toBe(expected),
  );
});

describe('a scope that only reads', () => {
  it.each<[string, string, { upgrade?: boolean }]>([
    ['GET', '/api/v1/pods', {}],
    ['GET', '/api/v1/namespaces/a/pods/p/log?follow=true', {}],
    ['GET', '/api/v1/namespaces/a/pods/p/log?follow=true', { upgrade: true }],
    ['GET', '/api/v1/pods?watch=1', { upgrade: true }],
    ['GET', '/metrics', {}],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {}],
  ])('allows %s %s', (method, path, more) => expect(ask(READ_ONLY, method, path, more)).toBe('allowed'));

  it.each<[string, string, { upgrade?: boolean }]>([
    ['GET', '/api/v1/namespaces/a/pods/p/exec?command=sh', { upgrade: true }],
    ['GET', '/api/v1/namespaces/a/pods/p/exec?command=sh', {}],
    ['GET', '/api/v1/namespaces/a/pods/p/ex%65c?command=sh', { upgrade: true }],
    ['GET', '/api/v1/namespaces/a/pods/p/attach', { upgrade: true }],
    ['GET', '/api/v1/namespaces/a/pods/p/portforward', { upgrade: true }],
    ['GET', '/api/v1/namespaces/a/services/s/proxy/', {}],
    ['GET', '/api/v1/nodes/n/proxy/run/a/p/c', {}],
    ['GET', '/api/v1/proxy/namespaces/a/pods/p', {}],
    ['GET', '/apis/subresources.kubevirt.io/v1/namespaces/a/virtualmachineinstances/v/console', { upgrade: true }],
    ['POST', '/api/v1/namespaces/a/pods?dryRun=All', {}],
    ['POST', '/api/v1/namespaces/a/serviceaccounts/s/token', {}],
    ['PUT', '/api/v1/namespaces/a/pods/p', {}],
    ['PATCH', '/api/v1/namespaces/a/pods/p', {}],
    ['DELETE', '/api/v1/namespaces/a/pods/p', {}],
    ['DELETE', '/api/v1/namespaces/a/pods', {}],
    ['OPTIONS', '/api/v1/namespaces/a/pods', {}],
    ['POST', '/logs', {}],
  ])('refuses %s %s', (method, path, more) => expect(ask(READ_ONLY, method, path, more)).toBe('verbs'));
});

describe('a scope of verbs', () => {
  it.each<[ScopeVerb[], string, string, string]>([
    [['get'], 'GET', '/api/v1/namespaces/a/secrets/s', 'allowed'],
    [['get'], 'GET', '/api/v1/namespaces/a/secrets', 'verbs'],
    [['get'], 'GET', '/%61pi/v1/secrets', 'verbs'],
    [['get'], 'GET', '/api/v1/w%61tch/namespaces/a/secrets', 'verbs'],
    [['list'], 'GET', '/api/v1/secrets?watch=yes', 'verbs'],
    [['watch'], 'GET', '/api/v1/secrets?watch=1;x', 'scope'],
    [['watch'], 'GET', '/api/v1/secrets?watch=%zz', 'scope'],
    [['delete'], 'DELETE', '/api/v1/namespaces/a/pods', 'verbs'],
    [['deletecollection'], 'DELETE', '/api/v1/namespaces/a/pods', 'allowed'],
    [['create'], 'GET', '/api/v1/namespaces/a/pods/p/exec', 'allowed'],
    [['create'], 'DELETE', '/api/v1/namespaces/a/services/s/proxy/x', 'verbs'],
    [['create'], 'GET', '/version', 'allowed'],
  ])('%j: %s %s is %s', (verbs, method, path, expected) => expect(ask({ verbs }, method, path)).toBe(expected));

  it('counts an apply as creating, as Kubernetes does', () => {
    const apply = { contentType: 'application/apply-patch+yaml' };
    const path = '/api/v1/namespaces/a/configmaps/c';
    expect([ask({ verbs: ['patch'] }, 'PATCH', path), ask({ verbs: ['patch'] }, 'PATCH', path, apply)]).toEqual(['allowed', 'verbs']);
    expect(ask({ verbs: ['patch', 'create'] }, 'PATCH', path, apply)).toBe('allowed');
  });
});

const NAMES = ['a', 'b', 'c1', 'c2'];
const names = fc.constantFrom(...NAMES);
const scopes: fc.Arbitrary<AccessScope> = fc.record(
  {
    clusters: fc.uniqueArray(names, { minLength: 1, maxLength: 2 }),
    namespaces: fc.array(fc.record({ cluster: names, namespace: names }, { requiredKeys: ['namespace'] }), { minLength: 1, maxLength: 3 }),
    verbs: fc.uniqueArray(fc.constantFrom(...SCOPE_VERBS), { minLength: 1 }),
    readOnly: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** A request as what it means, from which its path is written; never the other way round. */
const requests = fc.record({
  cluster: names,
  namespace: fc.option(names, { nil: undefined }),
  resource: fc.constantFrom('pods', 'secrets', 'nodes'),
  name: fc.option(names, { nil: undefined }),
  subresource: fc.constantFrom('', '', 'log', 'exec', 'proxy', 'status'),
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
  query: fc.constantFrom('', '?watch=1', '?fieldSelector=metadata.namespace%3Da', '?namespace=a', '?limit=1&watch=true'),
  prefix: fc.constantFrom('', '', 'watch/'),
  group: fc.constantFrom('api/v1', 'apis/example.org/v1'),
  encode: fc.boolean(),
});
type Request = typeof requests extends fc.Arbitrary<infer T> ? T : never;

function pathOf({ namespace, resource, name, subresource, query, prefix, group, encode }: Request): string {
  const place = namespace === undefined ? '' : `namespaces/${namespace}/`;
  const path = `/${group}/${prefix}${place}${[resource, name, name === undefined ? '' : subresource].filter(Boolean).join('/')}`;
  const spelled = encode ? path.replaceAll(/[acw]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`) : path;
  return `${spelled}${query}`;
}

/** The rules once more, over the meaning alone. */
function model(scope: AccessScope, request: Request): boolean {
  const inCluster = scope.clusters?.includes(request.cluster) ?? true;
  const { namespaces } = scope;
  const inPlace =
    namespaces === undefined ||
    namespaces.some(({ cluster, namespace }) => (cluster ?? request.cluster) === request.cluster && namespace === request.namespace);
  const verb = verbOf(request);
  const connects = request.name !== undefined && ['exec', 'proxy'].includes(request.subresource);
  const needed = connects ? ['create', ...(verb === 'get' ? [] : [verb])] : [verb];
  const isRead = needed.every((one) => ['get', 'list', 'watch'].includes(one));
  const isAllowed = scope.verbs === undefined || needed.every((one) => (scope.verbs as string[]).includes(one));
  return inCluster && inPlace && isAllowed && (scope.readOnly !== true || isRead);
}

function verbOf({ prefix, method, name, query }: Request): string {
  if (prefix !== '') return 'watch';
  if (method === 'GET') return name !== undefined ? 'get' : query.includes('watch') ? 'watch' : 'list';
  if (method === 'DELETE' && name === undefined) return 'deletecollection';
  return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? '';
}

it('T35 no request escapes a scope, however its path is written', () => {
  fc.assert(
    fc.property(scopes, requests, (scope, request) => {
      const missing = missingForKubernetes(scope, {
        cluster: request.cluster,
        method: request.method,
        path: pathOf(request),
        upgrade: false,
      });
      expect(missing === undefined, `${request.method} ${pathOf(request)}`).toBe(model(scope, request));
    }),
    { numRuns: 20_000 },
  );
});

describe('a scope within another', () => {
  it('allows nothing that the other refuses', () => {
    let compared = 0;
    fc.assert(
      fc.property(scopes, scopes, requests, (inner, outer, request) => {
        if (!isWithin(inner, outer)) return;
        compared++;
        if (model(inner, request)) expect(model(outer, request)).toBe(true);
      }),
      { numRuns: 50_000 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  it.each<[AccessScope, AccessScope | undefined, boolean]>([
    [{}, undefined, true],
    [{}, READ_ONLY, false],
    [{ verbs: ['get'] }, READ_ONLY, true],
    [{ verbs: ['get', 'create'], readOnly: true }, READ_ONLY, true],
    [{ verbs: ['get', 'create'] }, READ_ONLY, false],
    [{ clusters: ['c1'] }, IN_A, false],
    [{ clusters: ['c1'], namespaces: [{ namespace: 'a' }] }, IN_A, true],
    [{ namespaces: [{ namespace: 'a' }] }, IN_A, false],
    [IN_A, { clusters: ['c1'] }, true],
    [IN_A, { clusters: ['c2'] }, false],
    [IN_A, { ...IN_A, readOnly: true }, false],
    [OF_SHOP, OF_SHOP, true],
    [{ ...OF_SHOP, clusters: ['c1'] }, OF_SHOP, true],
    [OF_SHOP, { ...OF_SHOP, clusters: ['c1'] }, false],
    [{ projects: ['other'] }, OF_SHOP, false],
    [{ ...OF_SHOP, clusters: ['c1'] }, { clusters: ['c1'] }, true],
    [OF_SHOP, { clusters: ['c1'] }, false],
    [OF_SHOP, READ_ONLY, false],
    [{ ...OF_SHOP, readOnly: true }, READ_ONLY, true],
    [OF_SHOP, IN_A, false],
    // It is the project's today, and may be another's tomorrow.
    [{ namespaces: [{ cluster: 'c1', namespace: 'shop-dev' }] }, OF_SHOP, false],
  ])('%j in %j: %s', (inner, outer, expected) => expect(isWithin(inner, outer)).toBe(expected));
});

it.each<[AccessScope, RegExp | undefined]>([
  [{}, /must narrow something/],
  [{ readOnly: false }, /must narrow something/],
  [{ clusters: ['c1'], namespaces: [{ cluster: 'c2', namespace: 'a' }] }, /reaches nothing/],
  [{ verbs: ['create'], readOnly: true }, /allows nothing/],
  [{ readOnly: true }, undefined],
  [IN_A, undefined],
  [{ projects: ['shop'] }, undefined],
])('%j is of use or says why not', (scope, expected) => {
  const fault = uselessScope(scope);
  if (expected === undefined) expect(fault).toBeUndefined();
  else expect(fault).toMatch(expected);
});
