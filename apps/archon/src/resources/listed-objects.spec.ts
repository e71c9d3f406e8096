import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { faultForType, readListedObjects } from './listed-objects.js';

const configMap = (name: string, namespace?: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(namespace && { namespace }) },
});
const namespaceObject = (name: string, apiVersion = 'v1') => ({ apiVersion, kind: 'Namespace', metadata: { name } });

function failure(documents: unknown[]): ApiError {
  try {
    readListedObjects(documents);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('readListedObjects', () => {
  it('names each object by its place, Lists taken apart', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [configMap('b'), configMap('c')] };
    expect(readListedObjects([configMap('a'), list]).map(({ path, subject }) => [path, subject])).toEqual([
      ['[0]', '[0] ConfigMap "a"'],
      ['[1].items[0]', '[1].items[0] ConfigMap "b"'],
      ['[1].items[1]', '[1].items[1] ConfigMap "c"'],
    ]);
    expect(readListedObjects([list]).map(({ path }) => path)).toEqual(['items[0]', 'items[1]']);
  });

  it('leaves out what a server fills in, and nothing else', () => {
    const object = { ...configMap('a', 'n'), data: { k: 'v' }, binaryData: {} };
    const live = { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: '1', creationTimestamp: 't' }, status: {} };
    expect(readListedObjects([live])[0]?.object).toEqual(object);
  });

  it.each([
    ['nothing', [], /holds no objects/],
    ['an empty List', [{ kind: 'List', items: [] }], /holds no objects/],
    ['what is no object', [configMap('a'), 'text', 3], /nothing but Kubernetes objects: see \[1\], \[2\]/],
  ])('answers 400 to %s', (_what, documents, message) => {
    expect([failure(documents).code, failure(documents).message]).toEqual([400, expect.stringMatching(message)]);
  });

  it('says of an object in a namespace of the same request that the namespace must be there first', () => {
    const { code, details } = failure([configMap('a', 'new'), namespaceObject('new'), configMap('b', 'other')]);
    expect([code, details?.causes]).toEqual([
      422,
      [{ field: '[0].metadata.namespace', message: expect.stringMatching(/^"new" does not exist before \[1\] is created/) as string }],
    ]);
    expect(readListedObjects([configMap('a', 'new'), namespaceObject('new', 'example.org/v1')])).toHaveLength(2);
  });
});

describe('faultForType', () => {
  const type = {
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    resource: 'configmaps',
    namespaced: true,
    verbs: ['create', 'delete', 'get'],
  };
  const listed = (namespace?: string) => ({ object: configMap('a', namespace), path: '[1]', subject: '' });

  it.each<[object, string | undefined, string, RegExp]>([
    [{}, undefined, '[1].metadata.namespace', /is required/],
    [{ namespaced: false }, 'n', '[1].metadata.namespace', /must be absent/],
    [{ verbs: ['create'] }, 'n', '[1].kind', /does not keep/],
    [{ verbs: ['get', 'delete'] }, 'n', '[1].kind', /does not keep/],
  ])('%j with namespace %s', (difference, namespace, field, message) => {
    expect(faultForType({ ...type, ...difference }, listed(namespace))).toEqual({
      field,
      message: expect.stringMatching(message) as string,
    });
  });

  it('finds nothing wrong with an object that is where its kind is', () => {
    expect(faultForType(type, listed('n'))).toBeUndefined();
    expect(faultForType({ ...type, namespaced: false }, listed())).toBeUndefined();
  });
});
