import { expect, it } from 'vitest';
import { clusterOfAudience, serviceAccountAudience } from './service-account-audience.js';

const ID = '0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52';

it.each([
  ['the audience of a cluster', serviceAccountAudience(ID), ID],
  ['the same as a list', [serviceAccountAudience(ID)], ID],
  ['two', [serviceAccountAudience(ID), 'https://kubernetes.default.svc'], undefined],
  ['none', [], undefined],
  ['nothing', undefined, undefined],
  ['the API server', 'https://kubernetes.default.svc.cluster.local', undefined],
  ['no id', 'archon/clusters/c1', undefined],
  ['more than an id', `archon/clusters/${ID}/..`, undefined],
  ['upper case', `archon/clusters/${ID.toUpperCase()}`, undefined],
  ['a number', 7, undefined],
])('finds the cluster of %s', (_, audience, expected) => {
  expect(clusterOfAudience(audience)).toBe(expected);
});
