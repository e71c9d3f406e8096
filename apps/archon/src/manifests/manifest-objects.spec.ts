import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { checkObjects, expandList, type Located, type ObjectRules } from './manifest-objects.js';

const configMap = (name: string, metadata: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } });
const located = (...values: unknown[]): Located[] => values.map((value, index) => ({ value, path: `[${index}]` }));
const rules: ObjectRules = { whole: 'the request', field: 'items', faultsOf: () => [] };

function causesOf(values: unknown[], more: Partial<ObjectRules> = {}): string[] {
  try {
    checkObjects(located(...values), { ...rules, ...more });
  } catch (error) {
    if (error instanceof ApiError && error.code === 422)
      return (error.details?.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('expandList', () => {
  it('takes a List apart and says where each item stands', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [1, 2] };
    const items = (prefix: string) => [
      { value: 1, path: `${prefix}items[0]` },
      { value: 2, path: `${prefix}items[1]` },
    ];
    expect(expandList({ value: list, path: '' })).toEqual(items(''));
    expect(expandList({ value: list, path: '[3]' })).toEqual(items('[3].'));
  });

  it.each([configMap('a'), 'text', null, { kind: 'List' }])('leaves %j as it is', (value) => {
    expect(expandList({ value, path: '[0]' })).toEqual([{ value, path: '[0]' }]);
  });
});

describe('checkObjects', () => {
  it('gives the objects as they are', () => {
    const objects = [configMap('a', { annotations: null }), { ...configMap('a'), kind: 'Secret' }, configMap('b')];
    expect(checkObjects(located(...objects), rules)).toEqual(objects);
  });

  it.each<[string, unknown, RegExp]>([
    ['a text', 'a', /^\[0\]: must be a Kubernetes object/],
    ['an array', [], /^\[0\]: must be a Kubernetes object/],
    ['no apiVersion', { kind: 'ConfigMap', metadata: { name: 'a' } }, /^\[0\]\.apiVersion: is required/],
    ['no kind', { apiVersion: 'v1', metadata: { name: 'a' } }, /^\[0\]\.kind: is required/],
    ['no metadata', { apiVersion: 'v1', kind: 'ConfigMap' }, /^\[0\]\.metadata: is required/],
    ['no name', configMap('', {}), /^\[0\]\.metadata\.name: is required/],
    ['a name that is left to the cluster', { ...configMap(''), metadata: { generateName: 'a-' } }, /name: is required.*generateName/],
    ['a name that leaves the path', configMap('../x'), /^\[0\]\.metadata\.name: .*valid name/],
    ['a namespace that leaves the path', configMap('a', { namespace: 'b/c' }), /^\[0\]\.metadata\.namespace: must be a valid name/],
    ['a namespace that is no text', configMap('a', { namespace: 1 }), /^\[0\]\.metadata\.namespace: must be a valid name/],
    ['labels that are no map', configMap('a', { labels: ['b'] }), /^\[0\]\.metadata\.labels: must be a map/],
  ])('refuses %s', (_what, value, expected) => {
    expect(causesOf([value])).toEqual([expect.stringMatching(expected)]);
  });

  it('names every fault, those of the caller too', () => {
    const causes = causesOf([configMap('a'), 'b', configMap('c')], {
      faultsOf: ({ metadata }, at) => [{ field: at('x'), message: `${metadata.name}` }],
    });
    expect(causes).toEqual(['[0].x: a', '[1]: must be a Kubernetes object', '[2].x: c']);
  });

  it('takes at most 100 objects', () => {
    const objects = Array.from({ length: 101 }, (_, index) => configMap(`a${index}`));
    expect(checkObjects(located(...objects.slice(1)), rules)).toHaveLength(100);
    expect(causesOf(objects)).toEqual(['items: has 101 objects; the request may have at most 100']);
  });

  it('refuses a second object of one kind, namespace and name, in whichever version', () => {
    const pair = [configMap('a', { namespace: 'n' }), { ...configMap('a', { namespace: 'n' }), apiVersion: 'v2' }];
    expect(causesOf(pair)).toEqual(['[1].metadata.name: is the second ConfigMap "a"; the first is [0]']);
    const elsewhere = [configMap('a', { namespace: 'n' }), configMap('a', { namespace: 'o' }), configMap('a')];
    expect(checkObjects(located(...elsewhere), rules)).toHaveLength(3);
    expect(causesOf(elsewhere, { namespace: 'o' })).toEqual(['[2].metadata.name: is the second ConfigMap "a"; the first is [1]']);
  });
});
