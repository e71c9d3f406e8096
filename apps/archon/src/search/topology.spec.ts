import { describe, expect, it } from 'vitest';
import { topologyOf, type TopologyObject } from './topology.js';

const object = (kind: string, name: string, changed: Partial<TopologyObject> = {}): TopologyObject => ({
  uid: `${kind}-${name}`,
  group: '',
  kind,
  name,
  owners: [],
  refs: [],
  labels: {},
  selector: undefined,
  ...changed,
});
const inApps = { group: 'apps' };
const shop = [
  object('Ingress', 'shop', { group: 'networking.k8s.io', refs: ['Service/web', 'Secret/certificate'] }),
  object('Service', 'web', { selector: { app: 'web' } }),
  object('Service', 'headless', { selector: {} }),
  object('HorizontalPodAutoscaler', 'web', { group: 'autoscaling', refs: ['Deployment.apps/web'] }),
  object('Deployment', 'web', { ...inApps, refs: ['ConfigMap/settings', 'Secret/absent'], selector: { matchLabels: { app: 'web' } } }),
  object('ReplicaSet', 'web-1', { ...inApps, owners: ['Deployment-web'] }),
  object('Pod', 'web-1-a', { owners: ['ReplicaSet-web-1'], labels: { app: 'web', tier: 'front' } }),
  object('Pod', 'other', { labels: { app: 'other' } }),
  object('ConfigMap', 'settings'),
  object('Secret', 'certificate'),
];
const reach = (start: string, depth: number) => [...topologyOf(shop, start, depth).nodes].sort();

describe('the topology of an object', () => {
  it.each([
    ['Deployment-web', 0, ['Deployment-web']],
    ['Deployment-web', 1, ['ConfigMap-settings', 'Deployment-web', 'HorizontalPodAutoscaler-web', 'ReplicaSet-web-1']],
    ['Ingress-shop', 1, ['Ingress-shop', 'Secret-certificate', 'Service-web']],
    ['Ingress-shop', 2, ['Ingress-shop', 'Pod-web-1-a', 'Secret-certificate', 'Service-web']],
    ['ConfigMap-settings', 1, ['ConfigMap-settings', 'Deployment-web']],
    ['Service-headless', 9, ['Service-headless']],
    ['Pod-other', 9, ['Pod-other']],
  ])('of %s in %i steps', (start, depth, nodes) => {
    expect(reach(start, depth)).toEqual(nodes);
  });

  it('is everything that hangs together, in enough steps', () => {
    expect(reach('Secret-certificate', 9)).toHaveLength(8);
  });

  it('says how they stand to each other', () => {
    expect(topologyOf(shop, 'Service-web', 2).edges).toEqual([
      { type: 'Reference', from: 'Ingress-shop', to: 'Service-web' },
      { type: 'Reference', from: 'Ingress-shop', to: 'Secret-certificate' },
      { type: 'Selector', from: 'Service-web', to: 'Pod-web-1-a' },
      { type: 'Owner', from: 'ReplicaSet-web-1', to: 'Pod-web-1-a' },
    ]);
  });

  it('ends where objects own each other', () => {
    const ring = [object('A', 'a', { owners: ['B-b'] }), object('B', 'b', { owners: ['A-a'] })];
    expect(topologyOf(ring, 'A-a', 100)).toEqual({
      nodes: new Set(['A-a', 'B-b']),
      edges: [
        { type: 'Owner', from: 'B-b', to: 'A-a' },
        { type: 'Owner', from: 'A-a', to: 'B-b' },
      ],
    });
  });
});
