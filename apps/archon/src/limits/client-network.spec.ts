import { expect, it } from 'vitest';
import { clientNetwork } from './client-network.js';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['::1', '::/64'],
  ['', ''],
  ['somewhere', 'somewhere'],
])('%s belongs to %s', (address, network) => expect(clientNetwork(address)).toBe(network));
