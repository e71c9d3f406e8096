import ipaddr from 'ipaddr.js';

const IPV6_BITS = 64;

/**
 * What counts as one client: an IPv4 address, or the /64 that one IPv6 subscriber has at least (RFC 6177). IPv4 written as IPv6
 * (`::ffff:192.0.2.1`) is IPv4. Text that is no address stands for itself.
 */
export function clientNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_BITS}`);
  return `${network.toString()}/${IPV6_BITS}`;
}
