import { expect, it } from 'vitest';
import { readSnapshot } from './application-snapshot.js';

const place = { namespace: 'shop', name: 'web' };
const snapshot = (changed: object = {}) => ({ apiVersion: 'app.k8s.io/v1beta1', kind: 'ApplicationSnapshot', ...changed });

it.each<[string, object, string]>([
  ['the official body', snapshot({ metadata: place, spec: { changeCause: 'sale', user: 'somebody else' } }), 'sale'],
  ['a body without a cause', snapshot({ spec: {} }), ''],
  ['a body without metadata and spec', snapshot(), ''],
])('reads %s', (_case, body, expected) => expect(readSnapshot([body], place)).toBe(expected));

it.each<[string, unknown[], string]>([
  ['no body', [], 'must be one ApplicationSnapshot'],
  ['two documents', [snapshot(), snapshot()], 'must be one ApplicationSnapshot'],
  ['a text', ['x'], 'must be one ApplicationSnapshot'],
  ['another kind', [snapshot({ kind: 'Application' })], 'must be an ApplicationSnapshot of app.k8s.io/v1beta1'],
  ['another version', [snapshot({ apiVersion: 'app.k8s.io/v1' })], 'must be an ApplicationSnapshot of app.k8s.io/v1beta1'],
  ['another name', [snapshot({ metadata: { name: 'shop' } })], 'metadata.name of the snapshot does not match the name on the URL (web)'],
  ['another namespace', [snapshot({ metadata: { namespace: 'web' } })], 'metadata.namespace of the snapshot does not match'],
  ['a cause that is no text', [snapshot({ spec: { changeCause: 1 } })], 'spec.changeCause: must be a text'],
  ['a cause that is too long', [snapshot({ spec: { changeCause: 'x'.repeat(1025) } })], 'spec.changeCause: must be a text'],
])('refuses %s', (_case, documents, message) => expect(() => readSnapshot(documents, place)).toThrow(message));
