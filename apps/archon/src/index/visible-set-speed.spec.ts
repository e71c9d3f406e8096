import { expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { BUILT_IN_ROLES } from '../roles/built-in-roles.js';
import { BUILT_IN_ROLE_OBJECTS } from '../roles/cluster-roles.js';
import { namespaceBindings } from '../roles/namespace-bindings.js';
import { isOfNamespaces } from '../roles/role.js';
import { namespaceGroup, projectGroup } from '../roles/role-groups.js';
import { type Caller, RbacGraph } from './rbac-graph.js';
import { listed, visibleSet } from './visible-set.js';

const NAMESPACES = 10_000;
const OF_ONE_PROJECT = 20;
const ROLES = 6;
const cluster = 'c1';
const roles = BUILT_IN_ROLES.filter(isOfNamespaces).map(({ name }) => name);
/** Bindings beyond Archon's own, as other programs make them: for a ServiceAccount that only this namespace has. */
const others = (namespace: string): KubernetesObject[] =>
  Array.from({ length: ROLES - roles.length }, (_, index) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `other-${index}`, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'default' }],
  }));
const places = Array.from({ length: NAMESPACES }, (_, index) => {
  const project = `project-${Math.floor(index / OF_ONE_PROJECT)}`;
  return { project, namespace: `${project}-namespace-${index}`, cluster, isProjectNamespace: false };
});

const role = 'namespace-developer-system';
const inProjects = (count: number): Caller => ({
  user: 'developer@example.org',
  groups: Array.from({ length: count }, (_, index) => projectGroup(`project-${index}`, role)),
});
const inNamespaces = (count: number): Caller => ({
  user: 'developer@example.org',
  groups: places.slice(0, count).map(({ namespace }) => namespaceGroup(cluster, namespace, role)),
});
const pods = { group: '', resource: 'pods', verb: 'list', namespaced: true };

/** The middle one of the times of these runs. */
function medianMs(runs: number, work: () => void): number {
  const times = Array.from({ length: runs }, () => {
    const begin = performance.now();
    work();
    return performance.now() - begin;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? NaN;
}

it(`finds what a caller sees in ${NAMESPACES} namespaces with ${ROLES} bindings each`, { timeout: 120_000 }, () => {
  expect(roles.length).toBeLessThanOrEqual(ROLES);
  const written = places.flatMap((place) => [...namespaceBindings(roles, place), ...others(place.namespace)]);
  expect(written).toHaveLength(NAMESPACES * ROLES);
  const objects = [...BUILT_IN_ROLE_OBJECTS.map(({ object }) => object), ...written].map(
    (object) => JSON.parse(JSON.stringify(object)) as KubernetesObject,
  );
  const graph = new RbacGraph();
  const buildMs = medianMs(1, () => objects.forEach((object) => graph.put(object)));
  const seen = (caller: Caller, namespaces: number): number => {
    const ms = medianMs(11, () => visibleSet(graph, caller, pods));
    const shown = listed(visibleSet(graph, caller, pods));
    expect([shown === 'everything', shown === 'everything' ? 0 : shown.size]).toEqual([false, namespaces]);
    return ms;
  };
  const [many, few, one, none] = [
    seen(inProjects(250), 5000),
    seen(inNamespaces(200), 200),
    seen(inNamespaces(1), 1),
    seen(inProjects(0), 0),
  ];
  const figures = {
    'the index': buildMs,
    'a caller in 5,000 namespaces': many,
    'in 200': few,
    'in one': one,
    'in none': none,
  };
  const text = Object.entries(figures).map(([what, ms]) => `${what} ${ms.toFixed(ms < 1 ? 4 : 1)} ms`);
  process.stdout.write(`  visible set of ${objects.length} objects: ${text.join(', ')}\n`);
  // Far above what it takes on an idle core: what grew with all bindings instead of the caller's own would be above it.
  expect(one).toBeLessThan(2);
  expect(many).toBeLessThan(200);
  expect(buildMs).toBeLessThan(10_000);
});
