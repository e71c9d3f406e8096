import { expect, it } from 'vitest';
import { wantedTypes } from './wanted-types.js';

const type = (group: string, version: string, resource: string, verbs = ['list', 'watch']) => ({
  group,
  version,
  resource,
  verbs,
  kind: 'A',
  namespaced: true,
});
const NAMESPACES = type('', 'v1', 'namespaces');
const PODS = { group: '', resource: 'pods' };
const ROLLOUTS = { group: 'argoproj.io', resource: 'rollouts' };

it('takes each wanted kind once, in the preferred version, where it can be listed and watched', () => {
  const served = [
    NAMESPACES,
    type('', 'v1', 'pods'),
    type('a', 'v2', 'things'),
    type('a', 'v1', 'things'),
    type('b', 'v1', 'reviews', ['create']),
  ];
  const kinds = [PODS, ROLLOUTS, { group: 'a', resource: 'things' }, { group: 'b', resource: 'reviews' }];
  expect(wantedTypes(kinds, served, []).types).toEqual([type('', 'v1', 'pods'), type('a', 'v2', 'things')]);
});

it('keeps what the cluster has and what it can only not tell at present', () => {
  const served = [NAMESPACES, type('', 'v1', 'pods')];
  const keeps = (stale: string[]) =>
    [PODS, ROLLOUTS, { group: '', resource: 'services' }].map(wantedTypes([PODS, ROLLOUTS], served, stale).keeps);
  expect(keeps([])).toEqual([true, false, false]);
  expect(keeps(['argoproj.io/v1alpha1'])).toEqual([true, true, false]);
});

it('believes no answer that lacks what every cluster has', () => {
  expect(() => wantedTypes([PODS], [], [])).toThrow('tells no kinds');
});
