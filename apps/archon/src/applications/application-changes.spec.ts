import { describe, expect, it } from 'vitest';
import { compareComponents, configurationOf, isChanged } from './application-changes.js';

const ref = (name: string, version = 'v1') => ({ group: '', version, resource: 'configmaps', namespace: 'a', name });
const object = (name: string, data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a', ...metadata },
  data,
});

it('compareComponents tells what to make, keep and remove, whatever version was written', () => {
  const live = [
    { ref: ref('kept'), object: object('kept', { k: '1' }) },
    { ref: ref('gone'), object: object('gone', {}) },
  ];
  const desired = [
    { ref: ref('kept', 'v1beta1'), object: object('kept', { k: '2' }) },
    { ref: ref('new'), object: object('new', {}) },
  ];
  const { create, keep, delete: removed } = compareComponents(live, desired);
  expect([create, removed].map((list) => list.map((component) => component.ref.name))).toEqual([['new'], ['gone']]);
  expect(keep.map((component) => [component.object.data, component.live.data])).toEqual([[{ k: '2' }, { k: '1' }]]);
});

describe('isChanged', () => {
  const live = object(
    'a',
    { k: '1' },
    { resourceVersion: '1', generation: 1, annotations: { op: '1' }, managedFields: [{ manager: 'x' }] },
  );
  it.each([
    [
      {
        ...live,
        metadata: { ...live.metadata, resourceVersion: '2', generation: 2, managedFields: [], annotations: { op: '2' } },
        status: { x: 1 },
      },
      false,
    ],
    [{ ...live, data: { k: '2' } }, true],
    [{ ...live, metadata: { ...live.metadata, annotations: { op: '1', other: 'x' } } }, true],
    [{ ...live, metadata: { ...live.metadata, labels: { a: 'b' } } }, true],
  ])('case %#', (tried, expected) => expect(isChanged(live, tried, 'op')).toBe(expected));
});

describe('configurationOf', () => {
  it('is what Archon applied', () => {
    const managedFields = [{ manager: 'archon', operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:data': { 'f:k': {} } } }];
    expect(configurationOf(object('a', { k: '1', byOthers: 'x' }, { uid: 'u', managedFields }))).toEqual(object('a', { k: '1' }));
  });

  it('is the whole object without what the server fills in, when somebody else made it', () => {
    const made = { ...object('a', { k: '1' }, { uid: 'u', resourceVersion: '3', creationTimestamp: 't', labels: { x: 'y' } }), status: {} };
    expect(configurationOf(made)).toEqual(object('a', { k: '1' }, { labels: { x: 'y' } }));
  });
});
