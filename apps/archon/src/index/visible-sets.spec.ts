import { expect, it } from 'vitest';
import type { Caller } from './rbac-graph.js';
import type { VisibleSet } from './visible-set.js';
import { VisibleSets } from './visible-sets.js';

const pods = { group: '', resource: 'pods', verb: 'list', namespaced: true };
const at = (revision: string, cluster = 1) => ({ cluster, revision });
const caller = (user = 'alice', groups: string[] = []): Caller => ({ user, groups });
const seeing = (...namespaces: string[]): VisibleSet => ({ everything: false, namespaces: new Set(namespaces), names: new Map() });

it('knows a set while nothing changes in its cluster, whatever the order of groups', () => {
  const sets = new VisibleSets();
  const set = seeing('a');
  sets.keep(at('7'), caller('alice', ['x', 'y']), pods, set);
  expect(sets.find(at('7'), caller('alice', ['y', 'x']), { ...pods })).toBe(set);
  expect(sets.find(at('8'), caller('alice', ['x', 'y']), pods)).toBeUndefined();
});

it('tells clusters, callers and questions apart', () => {
  const sets = new VisibleSets();
  sets.keep(at('7'), caller('alice', ['x']), pods, seeing('a'));
  const others = [
    [at('7', 2), caller('alice', ['x']), pods],
    [at('7'), caller('bob', ['x']), pods],
    [at('7'), caller('alice'), pods],
    [at('7'), caller('alice\nx'), pods],
    ...[{ verb: 'get' }, { resource: 'pods/log' }, { group: 'apps' }, { namespaced: false }].map(
      (difference) => [at('7'), caller('alice', ['x']), { ...pods, ...difference }] as const,
    ),
  ] as const;
  for (const [source, of, question] of others)
    expect(sets.find(source, of, question), JSON.stringify([source, of, question])).toBeUndefined();
});

it('forgets the sets that were not used for longest, so that it holds no more than it may', () => {
  const sets = new VisibleSets(12);
  const keep = (user: string, ...namespaces: string[]) => sets.keep(at('1'), caller(user), pods, seeing(...namespaces));
  const known = () => ['alice', 'bob', 'carol'].filter((user) => sets.find(at('1'), caller(user), pods) !== undefined);
  // Five of twelve are taken by the first, four and two by the next two.
  keep('alice', 'a', 'b', 'c', 'd');
  keep('bob', 'a', 'b', 'c');
  keep('carol', 'a');
  expect(known()).toEqual(['alice', 'bob', 'carol']);
  keep('dave', 'a');
  expect(known()).toEqual(['bob', 'carol']);
});
