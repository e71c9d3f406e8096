import { describe, expect, it } from 'vitest';
import { missingForAttributes } from '../auth/access-scope.js';
import { creationOf, creationPlan } from './creation.js';

const located = (name: string, namespace?: string) => ({
  object: {
    apiVersion: 'v1',
    kind: namespace === undefined ? 'Namespace' : 'ConfigMap',
    metadata: { name, ...(namespace && { namespace }) },
  },
  ref: { group: '', version: 'v1', resource: namespace === undefined ? 'namespaces' : 'configmaps', ...(namespace && { namespace }), name },
});

describe('creationPlan', () => {
  it('has a step per object, in the order of the request, each of which makes the object', () => {
    const { kind, steps } = creationPlan([located('a', 'n'), located('b')]);
    expect([kind, steps.map(({ action, target }) => `${action} ${target}`)]).toEqual([
      'CreateResources',
      ['create ConfigMap "a" in namespace "n"', 'create Namespace "b"'],
    ]);
    expect(steps[0]?.object?.([])).toEqual(located('a', 'n').object);
  });

  it.each([
    [[located('a', 'n')], 'n', 'ConfigMap "a" in namespace "n"'],
    [[located('a', 'n'), located('b', 'n'), located('c', 'n')], 'n', 'ConfigMap "a" in namespace "n" and 2 more'],
    [[located('a', 'n'), located('a', 'o')], '', 'ConfigMap "a" in namespace "n" and 1 more'],
    [[located('a', 'n'), located('o')], '', 'ConfigMap "a" in namespace "n" and 1 more'],
  ])('is of the namespace that all objects share', (objects, namespace, name) => {
    expect(creationPlan(objects)).toMatchObject({ namespace, name });
  });
});

describe('creationOf', () => {
  const ofNamespace = { namespaces: [{ namespace: 'n' }] };
  const missing = (scope: object, ...[name, namespace]: [string, string?]) =>
    missingForAttributes(scope, 'c1', creationOf(located(name, namespace).ref))?.field;

  it.each<[object, [string, string?], string | undefined]>([
    [ofNamespace, ['a', 'n'], undefined],
    [ofNamespace, ['a', 'o'], 'namespaces'],
    [ofNamespace, ['n'], 'namespaces'],
    [{ ...ofNamespace, verbs: ['get', 'patch'] }, ['a', 'n'], 'verbs'],
    [{ clusters: ['c1'] }, ['n'], undefined],
    [{ clusters: ['c2'] }, ['a', 'n'], 'clusters'],
  ])('%j lacks for %j: %s', (scope, place, expected) => expect(missing(scope, ...place)).toBe(expected));
});
