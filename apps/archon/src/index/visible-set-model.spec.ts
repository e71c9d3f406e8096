import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seed } from '../../../../test/support/acceptance.js';
import { type RbacRequest, rbacObjects, rbacRequests, rbacWorld } from '../../../../test/support/rbac-graphs.js';
import { modelAllows } from '../../../../test/support/rbac-model.js';
import { RbacGraph } from './rbac-graph.js';
import { listed, reaches, visibleSet } from './visible-set.js';

const world = rbacWorld('m', 3);
const objects = rbacObjects(world, { roles: 24, bindings: 40 });
const requests = fc.array(rbacRequests(world), { minLength: 20, maxLength: 20, size: 'max' });

function graphOf(all: readonly Parameters<RbacGraph['put']>[0][]): RbacGraph {
  const graph = new RbacGraph();
  for (const object of all) graph.put(object);
  return graph;
}

const setOf = (graph: RbacGraph, { user, groups, namespaced, attributes: { group, resource, subresource, verb } }: RbacRequest) =>
  visibleSet(graph, { user, groups }, { group, verb, namespaced, resource: subresource === '' ? resource : `${resource}/${subresource}` });
const placeOf = ({ namespaced, attributes: { namespace, name } }: RbacRequest) => ({ namespace: namespaced ? namespace : '', name });

it('decides every request as a model that goes through all bindings', { timeout: 120_000 }, () => {
  const [random, counts] = [seed(), { true: 0, false: 0 }];
  fc.assert(
    fc.property(objects, requests, (all, asked) => {
      const graph = graphOf(all);
      for (const request of asked) {
        const expected = modelAllows(all, request.user, request.groups, request.attributes);
        counts[`${expected}`]++;
        expect(reaches(setOf(graph, request), placeOf(request)), JSON.stringify(request)).toBe(expected);
      }
    }),
    { seed: random, numRuns: 500 },
  );
  expect(counts.true, 'a test of refusals alone').toBeGreaterThan(1000);
  process.stdout.write(`  visible sets beside the model: ${counts.true} allowed, ${counts.false} refused, 0 differences, seed ${random}\n`);
});

it('shows in lists the namespaces that the model lets one list, and everything when all of them at once', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(objects, rbacRequests(world), (all, request) => {
      const list = { ...request, attributes: { ...request.attributes, verb: 'list', subresource: '', name: '' } };
      const isListed = (namespace: string) =>
        modelAllows(all, request.user, request.groups, { ...list.attributes, namespace: request.namespaced ? namespace : '' });
      const shown = listed(setOf(graphOf(all), list));
      if (isListed('')) expect(shown).toBe('everything');
      else expect([...shown].sort()).toEqual(request.namespaced ? world.namespaces.filter(isListed) : []);
    }),
    { seed: seed(), numRuns: 500 },
  );
});
