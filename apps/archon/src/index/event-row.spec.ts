import { expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { isEvents, toEventRow } from './event-row.js';

const [UID, POD] = ['0b5b2f4e-4c5e-4c7e-9d3b-0d6f3c1a2b3c', '1b5b2f4e-4c5e-4c7e-9d3b-0d6f3c1a2b3c'];
const CORE = { group: '', version: 'v1', kind: 'Event' };
const metadata = {
  uid: UID,
  name: 'a.1',
  namespace: 'shop',
  creationTimestamp: '2026-01-02T03:04:05Z',
  resourceVersion: '7',
  managedFields: [{}],
};
const event = (fields: object): KubernetesObject => ({ apiVersion: 'v1', kind: 'Event', metadata, ...fields });

it('draws the columns from an Event of v1 and from one of events.k8s.io', () => {
  const expected = {
    uid: UID,
    namespace: 'shop',
    createdAt: '2026-01-02T03:04:05Z',
    resourceVersion: '7',
    type: 'Warning',
    reason: 'BackOff',
    regarding: POD,
    seenAt: '2026-01-02T04:00:00Z',
  };
  const common = { type: 'Warning', reason: 'BackOff' };
  const old = toEventRow(event({ ...common, involvedObject: { uid: POD }, lastTimestamp: expected.seenAt, eventTime: null }), CORE, []);
  expect(old).toMatchObject(expected);
  expect(JSON.parse(old?.body ?? '')).not.toHaveProperty('metadata.managedFields');
  const type = { group: 'events.k8s.io', version: 'v1', kind: 'Event' };
  const series = { lastObservedTime: expected.seenAt };
  expect(
    toEventRow(event({ ...common, regarding: { uid: POD }, eventTime: '2026-01-02T03:04:05.000000Z', series }), type, []),
  ).toMatchObject(expected);
});

it('takes what is missing for nothing, and the creation for the time', () => {
  const row = toEventRow(event({ involvedObject: { name: 'node-1', uid: 'node-1' }, lastTimestamp: null }), CORE, []);
  expect(row).toMatchObject({ type: '', reason: '', regarding: null, seenAt: '2026-01-02T03:04:05Z' });
  expect(toEventRow({ ...event({}), metadata: { name: 'a' } }, CORE, [])).toBeUndefined();
});

it.each([
  ['', 'events', true],
  ['events.k8s.io', 'events', true],
  ['', 'pods', false],
  ['example.org', 'events', false],
])('%s/%s: %s', (group, resource, expected) => expect(isEvents({ group, resource })).toBe(expected));
