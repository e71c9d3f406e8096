import ipaddr from 'ipaddr.js';

/** An address and the length of its prefix, as `ipaddr.parseCIDR` gives them. */
export type AddressRange = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Services of cloud providers that hand credentials to whoever asks from inside (instance metadata, Azure's wire server): no list of allowed
 * ranges opens them, since ranges are written wider than meant.
 */
const METADATA = new Set(
  ['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fe80::a9fe:a9fe'].map((text) =>
    ipaddr.parse(text).toNormalizedString(),
  ),
);
/** RFC 4291 §2.4: what is routed on the internet. Everything else of IPv6 is special or not assigned. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether Archon may connect to an address: public ones, and those within `allowed`. Loopback, link-local, private and shared ranges, and
 * IPv6 forms that carry an IPv4 address (mapped, NAT64, 6to4, Teredo), are refused unless allowed; a mapped address counts as the IPv4
 * address that it leads to. Anything that is not the usual spelling of an address is refused.
 */
export function isAllowedAddress(text: string, allowed: readonly AddressRange[]): boolean {
  if (!(text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text)) || text.includes('%')) return false;
  const address = ipaddr.process(text);
  if (METADATA.has(address.toNormalizedString())) return false;
  if (allowed.some((range) => contains(range, address))) return true;
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_UNICAST));
}

function contains([network, prefix]: AddressRange, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return network.kind() === address.kind() && address.match(network, prefix);
}
