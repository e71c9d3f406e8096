import { expect, it } from 'vitest';
import { type KubernetesObject, parseJson } from '#kubernetes';
import { toObjectRow } from './object-row.js';

const PODS = { group: '', version: 'v1', kind: 'Pod', resource: 'pods' };
const UID = '0b5b2f4e-4c5e-4c7e-9d3b-0d6f3c1a2b3c';
const metadata = { uid: UID, name: 'a', namespace: 'shop', creationTimestamp: '2026-01-02T03:04:05Z', resourceVersion: '7' };
const row = (fields: object, type = PODS) => toObjectRow({ apiVersion: 'v1', kind: 'Pod', metadata, ...fields }, type, []);

it('draws the columns from an object', () => {
  const ownerReferences = [UID.toUpperCase(), UID, 'no uuid'].map((uid) => ({ apiVersion: 'v1', kind: 'A', name: 'a', uid }));
  const drawn = row({ metadata: { ...metadata, labels: { app: 'web' }, ownerReferences }, status: { phase: 'Running' } });
  expect(drawn).toMatchObject({
    uid: UID,
    namespace: 'shop',
    name: 'a',
    createdAt: '2026-01-02T03:04:05Z',
    resourceVersion: '7',
    status: 'Running',
    owners: [UID],
    labels: '{"app":"web"}',
  });
});

it('gives an item of a list the type that the list has', () => {
  const item = { metadata: { ...metadata, namespace: undefined } } as unknown as KubernetesObject;
  const drawn = toObjectRow(item, { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments' }, []);
  expect(JSON.parse(drawn?.body ?? '')).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
  expect(drawn?.namespace).toBe('');
});

it.each([{ uid: undefined }, { uid: 'no uuid' }, { name: undefined }])('leaves out what has no lasting identity: %j', (changed) => {
  expect(row({ metadata: { ...metadata, ...changed } })).toBeUndefined();
});

it.each([[undefined], [null], ['yesterday']])('takes a creation at %s for none', (creationTimestamp) => {
  expect(row({ metadata: { ...metadata, creationTimestamp } })?.createdAt).toBe('1970-01-01T00:00:00Z');
});

it.each([
  ['a\u0000b', 'a\ufffdb'],
  ['a\ud800b', 'a\ufffdb'],
  ['\\u0000', '\\u0000'],
  ['\\\u0000', '\\\ufffd'],
  ['😀 "quoted"\n', '😀 "quoted"\n'],
])('stores %j in a form that Postgres takes', (given, stored) => {
  expect(JSON.parse(row({ spec: { given } })?.body ?? '')).toMatchObject({ spec: { given: stored } });
});

it('keeps each digit of a number', () => {
  const spec = parseJson('{"a":1.0,"b":9007199254740993}');
  expect(row({ spec })?.body).toContain('"spec":{"a":1.0,"b":9007199254740993}');
});
