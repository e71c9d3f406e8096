import ipaddr from 'ipaddr.js';

/** A range of addresses: its first address and the bits that count. */
export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * The address of the client: of whoever opened the connection, unless that is a trusted proxy. Then `X-Forwarded-For` is read from its end,
 * where the nearest proxy has written, for as long as the writer is trusted; what stands before that is only what somebody claims.
 * Canonical text; IPv4 in IPv6 (`::ffff:192.0.2.1`) is IPv4. `unknown` when the connection is gone already.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  xForwardedFor: string | readonly string[] | undefined,
  trustedProxies: readonly AddressRange[],
): string {
  let address = parseAddress(remoteAddress ?? '');
  if (address === undefined) return 'unknown';
  const hops = [xForwardedFor ?? []].flat().flatMap((line) => line.split(','));
  while (hops.length > 0 && isInRanges(address, trustedProxies)) {
    const before = parseAddress(withoutPort(hops.pop()?.trim() ?? ''));
    if (before === undefined) break; // the proxy is the last one known for certain
    address = before;
  }
  return address.toString();
}

/** The network that one client is likely to have for itself: /24 of IPv4, /64 of IPv6. Limits count these, or IPv6 would evade them. */
export function clientNetwork(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return address;
  const bits = parsed.kind() === 'ipv4' ? 24 : 64;
  const range = `${parsed.toString().replace(/%.*$/, '')}/${bits}`;
  const network = parsed.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(range) : ipaddr.IPv6.networkAddressFromCIDR(range);
  return `${network.toString()}/${bits}`;
}

function isInRanges(address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly AddressRange[]): boolean {
  return ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

/** Only the usual notation: `127.1` or `0x7f.1` is an address to some programs and none to others. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : undefined;
}

/** `192.0.2.1:4711` and `[2001:db8::1]:4711`, as some proxies write it. */
const withoutPort = (text: string): string => /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(text)?.[1] ?? text;
