import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { clientAddress, clientNetwork } from './client-address.js';

const trusted = ['10.0.0.0/8', 'fd00::/8'].map((range) => ipaddr.parseCIDR(range));

describe('the address of a client', () => {
  it.each<[string, string | undefined, string | string[] | undefined, string]>([
    ['of a direct connection', '192.0.2.7', undefined, '192.0.2.7'],
    ['of a connection of IPv4 over IPv6', '::ffff:192.0.2.7', undefined, '192.0.2.7'],
    ['of a stranger who claims another', '192.0.2.7', '203.0.113.1', '192.0.2.7'],
    ['behind a trusted proxy', '10.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['behind a trusted proxy over IPv6', '::ffff:10.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['behind two trusted proxies', 'fd00::1', '203.0.113.1, 10.0.0.2', '203.0.113.1'],
    ['behind a trusted proxy, with a claim before it', '10.0.0.1', '198.51.100.9, 203.0.113.1', '203.0.113.1'],
    ['that claims to be a trusted proxy before the truth', '10.0.0.1', '10.9.9.9, 203.0.113.1', '203.0.113.1'],
    ['in two header lines', '10.0.0.1', ['198.51.100.9', '203.0.113.1'], '203.0.113.1'],
    ['with a port', '10.0.0.1', '203.0.113.1:4711', '203.0.113.1'],
    ['of IPv6 with a port', '10.0.0.1', '[2001:DB8::1]:4711', '2001:db8::1'],
    ['that is garbage: of the proxy', '10.0.0.1', '203.0.113.1, unknown', '10.0.0.1'],
    ['in a notation that not all understand: of the proxy', '10.0.0.1', '0x7f.1', '10.0.0.1'],
    ['of an empty header', '10.0.0.1', '', '10.0.0.1'],
    ['of a connection that is gone', undefined, '203.0.113.1', 'unknown'],
  ])('%s', (_, remote, forwarded, expected) => {
    expect(clientAddress(remote, forwarded, trusted)).toBe(expected);
  });

  it('is never claimed where no proxy is trusted', () => {
    expect(clientAddress('10.0.0.1', '203.0.113.1', [])).toBe('10.0.0.1');
  });
});

it.each([
  ['192.0.2.200', '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['unknown', 'unknown'],
])('the network of %s is %s', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
