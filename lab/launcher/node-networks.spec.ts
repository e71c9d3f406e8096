import { describe, expect, it } from 'vitest';
import { chooseNodeNetwork, NODE_NETWORKS, nodeNetwork, readRoutes } from './node-networks.js';

const HEADER = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const route = (name: string, destination: string, mask: string) => `${name}\t${destination}\t00000000\t0001\t0\t0\t0\t${mask}\t0\t0\t0`;
const routes = (...lines: string[]) => readRoutes([HEADER, ...lines, ''].join('\n'));

const DEFAULT = route('eth0', '00000000', '00000000');

describe('chooseNodeNetwork', () => {
  it.each([
    ['only a default route', routes(DEFAULT), [], 0],
    ['an unrelated network', routes(DEFAULT, route('docker0', '000011AC', '0000FFFF')), [], 0],
    ['another lab on the bridge of the first', routes(route('archon0', '0000590A', '00FFFFFF')), [], 1],
    ['a host in the pods of the first', routes(route('tun0', '07005A0A', 'FFFFFFFF')), [], 1],
    ['the second /24 of the first services', routes(route('tun0', '00015B0A', '00FFFFFF')), [], 1],
    ['claims of labs that are stopped', routes(DEFAULT), [0, 1, 2], 3],
  ])('with %s', (_case, found, claimed, expected) => {
    expect(chooseNodeNetwork(found, new Set(claimed))?.number).toBe(expected);
  });

  it('gives none when a wide route covers all of them, or all are claimed', () => {
    expect(chooseNodeNetwork(routes(route('vpn0', '0000000A', '000000FF')), new Set())).toBeUndefined();
    expect(chooseNodeNetwork([], new Set(Array.from({ length: NODE_NETWORKS }, (_, i) => i)))).toBeUndefined();
  });
});

describe('nodeNetwork', () => {
  it('gives every number ranges that no other number has', () => {
    const all = Array.from({ length: NODE_NETWORKS }, (_, i) => nodeNetwork(i));
    for (const pick of ['hostAddress', 'podCidr', 'serviceCidr', 'name'] as const)
      expect(new Set(all.map((network) => network[pick])).size).toBe(NODE_NETWORKS);
    expect(all.at(-1)).toMatchObject({ serviceCidr: '10.91.252.0/22', podCidr: '10.90.63.0/24' });
    expect(() => nodeNetwork(NODE_NETWORKS)).toThrow(RangeError);
  });
});
