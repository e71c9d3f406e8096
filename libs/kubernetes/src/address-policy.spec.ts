import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { isAllowedAddress } from './address-policy.js';

const ranges = (...texts: string[]) => texts.map((text) => ipaddr.parseCIDR(text));

describe('isAllowedAddress', () => {
  it.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8'])('takes the public address %s', (address) =>
    expect(isAllowedAddress(address, [])).toBe(true),
  );

  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '169.254.1.1'],
    ...['169.254.169.254', '168.63.129.16', '192.0.0.192', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.2.1'],
    ...['::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1'],
    ...['64:ff9b::7f00:1', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2001::1', 'fec0::1', '100::1', '2001:db8::1', '4000::1', '::2'],
    ...['2130706433', '0x7f000001', '017700000001', '127.1', '0177.0.0.1', '127.0.0.1.', 'localhost', '', '127.0.0.1\0'],
  ])('refuses %s', (address) => expect(isAllowedAddress(address, [])).toBe(false));

  it('takes what is within an allowed range, also in its mapped form', () => {
    const allowed = ranges('127.0.0.0/8', '10.1.0.0/16', 'fd12::/16');
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.2.3', 'fd12::1']) expect(isAllowedAddress(address, allowed)).toBe(true);
    for (const address of ['10.2.0.1', '::1', 'fd13::1', '64:ff9b::7f00:1']) expect(isAllowedAddress(address, allowed)).toBe(false);
  });

  it('keeps metadata services closed whatever is allowed', () => {
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'])
      expect(isAllowedAddress(address, ranges('0.0.0.0/0', '::/0'))).toBe(false);
  });
});
