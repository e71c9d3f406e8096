import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Identity, type KubernetesObject } from '#kubernetes';
import { callerOf } from '../../apps/archon/src/index/caller.js';
import { RbacGraph } from '../../apps/archon/src/index/rbac-graph.js';
import { reaches, visibleSet } from '../../apps/archon/src/index/visible-set.js';
import { accept, seed, volume } from '../support/acceptance.js';
import { uniqueName } from '../support/cluster-objects.js';
import { RbacCluster } from '../support/rbac-cluster.js';
import { type RbacRequest, type RbacWorld, rbacObjects, rbacRequests, rbacWorld } from '../support/rbac-graphs.js';
import { eventually } from '../support/wait-for.js';

const DECISIONS = volume({ ci: 10_000, nightly: 100_000 });
const RANDOM = seed();
const GROUP = 'rbac.authorization.k8s.io';
/** Who has rights in every cluster. */
const PROGRAMS = [
  'system:kube-scheduler',
  'system:kube-controller-manager',
  'system:serviceaccount:kube-system:namespace-controller',
  'system:serviceaccount:kube-system:generic-garbage-collector',
];
/** Several graphs that share nothing: in one large one nearly everybody might do nearly everything. */
const WORLDS = 10;
const SIZE = { roles: 36, bindings: 80 };
const prefix = uniqueName('rbac');
const worlds = Array.from({ length: WORLDS }, (_, index) => rbacWorld(`${prefix}-${index}`, 4));
const namespaces = worlds.flatMap((world) => world.namespaces);
const drawn = <T>(arbitrary: (world: RbacWorld) => fc.Arbitrary<T>, count: number, round: number): T[] =>
  worlds.flatMap((world, index) =>
    fc.sample(arbitrary(world), { seed: RANDOM + round * WORLDS + index, numRuns: Math.ceil(count / WORLDS) }),
  );
const objects = (world: RbacWorld) => rbacObjects(world, SIZE);
const requests = (world: RbacWorld) => rbacRequests(world, PROGRAMS);

let graph = new RbacGraph();
let cluster: RbacCluster;
let written: KubernetesObject[];

beforeAll(async () => {
  cluster = await RbacCluster.open(inject('environment').clusters.c2, prefix, namespaces);
  written = await cluster.create(drawn(objects, WORLDS, 0).flat());
});
afterAll(() => cluster?.close());

/** The requests that the evaluator and the cluster's own authorizer decide differently, and how many both allow. */
async function compared(asked: readonly RbacRequest[]): Promise<{ differences: string[]; allowed: number }> {
  const decisions = await cluster.decide(asked);
  const differences = asked.flatMap((request, index) => {
    const { user, groups, namespaced, attributes } = request;
    const { verb, group, subresource, namespace, name } = attributes;
    const resource = subresource === '' ? attributes.resource : `${attributes.resource}/${subresource}`;
    const set = visibleSet(graph, { user, groups }, { group, resource, verb, namespaced });
    const own = reaches(set, { namespace: namespaced ? namespace : '', name });
    return own === decisions[index] ? [] : [`${JSON.stringify(request)}: cluster ${decisions[index]}, evaluator ${own}`];
  });
  return { differences, allowed: decisions.filter(Boolean).length };
}

/** Objects of which one can lend another its rules or subjects. */
const worldAndKind = ({ kind, metadata: { namespace, name } }: KubernetesObject) =>
  `${kind} ${worlds.findIndex(({ prefix: world }) => (namespace ?? name)?.startsWith(`${world}-`) === true)}`;

function holds({ differences, allowed }: Awaited<ReturnType<typeof compared>>, what: string, decisions: number): void {
  expect(differences.slice(0, 10), `seed ${RANDOM}`).toEqual([]);
  expect(allowed, 'a test of refusals alone').toBeGreaterThan(decisions / 20);
  expect(allowed, 'a test of permissions alone').toBeLessThan((decisions * 3) / 4);
  accept({
    row: 'T42',
    what,
    volume: `${decisions} decisions, ${allowed} of them allowed, ${written.length} random objects`,
    result: '0 differences from SubjectAccessReview',
    seed: RANDOM,
  });
}

describe('what RBAC objects let one see', () => {
  it('is what the authorizer of a real cluster decides, on a random graph', { timeout: 900_000 }, async () => {
    await cluster.settled();
    for (const object of await cluster.list()) graph.put(object);
    const result = await compared(drawn(requests, DECISIONS, 1));
    holds(result, 'rights evaluated from the RBAC objects of a cluster', DECISIONS);
  });

  it('is that after changes too', { timeout: 900_000 }, async () => {
    const gone = written.filter((_, index) => index % 4 === 0);
    const left = written.filter((object) => !gone.includes(object));
    // Roles get other rules, bindings other subjects; where a binding leads cannot be changed.
    const donors = Map.groupBy(drawn(objects, WORLDS, 2).flat(), worldAndKind);
    const changed = left.flatMap((object) => {
      const donor = donors.get(worldAndKind(object))?.pop();
      if (donor === undefined) return [];
      return [object.kind.endsWith('Binding') ? { ...object, subjects: donor.subjects } : { ...object, rules: donor.rules }];
    }) as KubernetesObject[];
    expect([gone.length > 50, changed.length > 50], `${gone.length} gone, ${changed.length} changed`).toEqual([true, true]);
    await cluster.remove(gone);
    await cluster.replace(changed);
    await cluster.settled();
    graph = new RbacGraph();
    for (const object of await cluster.list()) graph.put(object);
    const decisions = Math.floor(DECISIONS / 2);
    holds(await compared(drawn(requests, decisions, 3)), 'the same after removals and replacements', decisions);
  });

  it('has the rules of an aggregated ClusterRole as its controller has gathered them', { timeout: 120_000 }, async () => {
    const label = { [`${prefix}/part`]: 'true' };
    const [namespace = ''] = namespaces;
    const [name, part, user] = [`${prefix}-aggregated`, `${prefix}-part`, `${prefix}-user`];
    const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }];
    const object = (kind: string, metadata: object, fields: object) =>
      ({ apiVersion: `${GROUP}/v1`, kind, metadata, ...fields }) as KubernetesObject;
    await cluster.create([
      object('ClusterRole', { name: part, labels: label }, { rules }),
      object('ClusterRole', { name }, { rules: [], aggregationRule: { clusterRoleSelectors: [{ matchLabels: label }] } }),
      object(
        'RoleBinding',
        { name, namespace },
        { roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name }, subjects: [{ apiGroup: GROUP, kind: 'User', name: user }] },
      ),
    ]);
    await eventually(
      async () => (await cluster.client.get<KubernetesObject>(`/apis/${GROUP}/v1/clusterroles/${name}`)).text.includes('deployments'),
      { what: 'the controller to gather the rules', timeoutMs: 60_000 },
    );
    await cluster.settled();
    for (const each of await cluster.list()) graph.put(each);
    const question = { group: 'apps', resource: 'deployments', verb: 'list', namespaced: true };
    expect(visibleSet(graph, { user, groups: [] }, question).namespaces).toEqual(new Set([namespace]));
    const attributes = { ...question, version: 'v1', subresource: '', namespace, name: '', isResource: true };
    expect(await cluster.decide([{ user, groups: [], attributes, namespaced: true }])).toEqual([true]);
  });
});

describe('whom a cluster sees when Archon calls for somebody', () => {
  it.each([
    Identity.of('alice@example.org'),
    Identity.of('alice@example.org', ['acp:role:a']),
    Identity.ofServiceAccount('system:serviceaccount:default:ci', 'id'),
  ])('is the caller that is evaluated: $user', async (identity) => {
    // Names and values in turn; none comes twice.
    const headers = Object.fromEntries(
      identity.toHeaders().flatMap((name, index, all) => (index % 2 === 0 ? [[name, all[index + 1] ?? '']] : [])),
    ) as Record<string, string>;
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const answer = await cluster.client.post<{ status: { userInfo: { username: string; groups: string[] } } }>(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      review,
      headers,
    );
    expect(answer.status, answer.text).toBe(201);
    const { username, groups } = answer.body.status.userInfo;
    const caller = callerOf(identity);
    expect({ user: username, groups: groups.toSorted() }).toEqual({ user: caller.user, groups: caller.groups.toSorted() });
  });
});
