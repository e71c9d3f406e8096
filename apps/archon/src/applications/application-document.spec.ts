import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { readApplicationDocument } from './application-document.js';

const place = { namespace: 'shop-prod', name: undefined };
const service = (name: string, extra: object = {}) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, ...extra });
const application = (componentTemplates?: unknown, metadata: object = {}) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name: 'shop', ...metadata },
  spec: { ...(componentTemplates === undefined ? {} : { componentTemplates }), descriptor: { version: '1' } },
});

function failure(work: () => unknown): ApiError {
  try {
    work();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('readApplicationDocument', () => {
  it('takes components from the templates, from further documents and out of Lists', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [service('c'), service('d')] };
    const { application: head, components } = readApplicationDocument([service('a'), application([service('b')]), list], place);
    expect(head).toMatchObject({ metadata: { name: 'shop', namespace: 'shop-prod' }, spec: { descriptor: { version: '1' } } });
    expect(head.spec).not.toHaveProperty('componentTemplates');
    expect(components?.map(({ metadata }) => [metadata.name, metadata.namespace])).toEqual(
      ['b', 'a', 'c', 'd'].map((name) => [name, 'shop-prod']),
    );
  });

  it('tells "no word of components" from "no components"', () => {
    expect(readApplicationDocument([application()], place).components).toBeUndefined();
    expect(readApplicationDocument([application([])], place).components).toEqual([]);
  });

  it('makes the Application itself when a name is given for the documents', () => {
    expect(readApplicationDocument([service('a'), service('b')], place, 'shop').application.metadata).toEqual({
      name: 'shop',
      namespace: 'shop-prod',
    });
  });

  it.each([
    ['no document', [], /has no body/],
    ['no Application', [service('a'), service('b')], /add one, or name the application/],
    ['another kind', [service('a')], /must be an Application/],
    ['another version', [{ ...application(), apiVersion: 'app.k8s.io/v1' }], /apiVersion must be/],
    ['two Applications', [application(), application()], /more than one Application/],
    ['another namespace', [application([], { namespace: 'other' })], /does not match the namespace on the URL/],
  ])('answers 400 to %s', (_what, documents, message) => {
    const { code, message: said } = failure(() => readApplicationDocument(documents, place));
    expect([code, said]).toEqual([400, expect.stringMatching(message)]);
  });

  it('answers 400 to a name that differs from the URL', () => {
    expect(failure(() => readApplicationDocument([application()], { namespace: 'shop-prod', name: 'other' })).message).toMatch(
      /does not match the name on the URL/,
    );
  });

  it.each([
    ['a name that is no DNS label', [application([], { name: 'Shop_1' })], 'metadata.name'],
    ['a name too long for the label', [application([], { name: 'x'.repeat(60) })], 'metadata.name'],
    ['templates that are no list', [application({})], 'spec.componentTemplates'],
    ['101 components', [application(Array.from({ length: 101 }, (_, i) => service(`s${i}`)))], 'spec.componentTemplates'],
    ['a component that is no object', [application(['text'])], 'spec.componentTemplates[0]'],
    [
      'a component without apiVersion',
      [application([{ kind: 'Service', metadata: { name: 'a' } }])],
      'spec.componentTemplates[0].apiVersion',
    ],
    [
      'a component without name',
      [application([{ apiVersion: 'v1', kind: 'Service', metadata: { generateName: 'a' } }])],
      'spec.componentTemplates[0].metadata.name',
    ],
    ['a name that leaves the path', [application([service('../x')])], 'spec.componentTemplates[0].metadata.name'],
    [
      'a component of another namespace',
      [application([service('a'), { ...service('b'), metadata: { name: 'b', namespace: 'other' } }])],
      'spec.componentTemplates[1].metadata.namespace',
    ],
    ['two resources with one name', [application([service('a'), service('b'), service('a')])], 'spec.componentTemplates[2].metadata.name'],
    ['an Application as component', [application([application()])], 'spec.componentTemplates[0].kind'],
    ['a fault in a further document', [application(), service('a'), { ...service('b'), kind: '' }], 'documents[2].kind'],
  ])('answers 422 to %s and names the field', (_what, documents, field) => {
    const { code, details } = failure(() => readApplicationDocument(documents, place));
    expect([code, details?.causes?.[0]?.field]).toEqual([422, field]);
  });
});
