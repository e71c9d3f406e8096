import { expect, it } from 'vitest';
import { readFieldPath } from './field-terms.js';
import { projectedObject } from './projected-object.js';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u', labels: { 'a.b/c': 'x', d: 'y' }, annotations: { e: 'z' } },
  spec: { nodeName: 'n1', containers: [{ name: 'a', image: 'i', ports: [{ port: 1 }] }, { name: 'b' }] },
  status: { phase: 'Running' },
};
const identity = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u' } };

it.each<[string[], object]>([
  [[], identity],
  [['status.phase'], { ...identity, status: { phase: 'Running' } }],
  [['metadata.labels[a.b/c]'], { ...identity, metadata: { ...identity.metadata, labels: { 'a.b/c': 'x' } } }],
  [['metadata'], { ...identity, metadata: pod.metadata }],
  [['spec.containers.image', 'spec.nodeName'], { ...identity, spec: { nodeName: 'n1', containers: [{ image: 'i' }, {}] } }],
  [['spec', 'spec.nodeName'], { ...identity, spec: pod.spec }],
  [['spec.nodeName', 'spec'], { ...identity, spec: pod.spec }],
  [['spec.absent.deep', 'status.phase.deeper', 'absent'], { ...identity, spec: {}, status: {} }],
  [['__proto__', 'constructor.name'], identity],
])('keeps %j', (fields, expected) => {
  expect(
    projectedObject(
      pod,
      fields.map((field) => readFieldPath(field, 'fields')),
    ),
  ).toEqual(expected);
});
