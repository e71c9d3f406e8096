/** The addresses of one real node. Number n gives n-th slices of 10.89, 10.90 and 10.91, so that nodes of several labs coexist. */
export interface NodeNetwork {
  number: number;
  /** Name of the bridge on the host, and of the node's control group. */
  name: string;
  hostAddress: string;
  nodeAddress: string;
  prefixLength: number;
  podCidr: string;
  serviceCidr: string;
}

export interface Route {
  interface: string;
  /** First address and mask, as unsigned 32-bit numbers. */
  network: number;
  mask: number;
}

export const NODE_NETWORKS = 64;

export function nodeNetwork(number: number): NodeNetwork {
  if (!Number.isInteger(number) || number < 0 || number >= NODE_NETWORKS) throw new RangeError(`node network ${number}`);
  return {
    number,
    name: `archon${number}`,
    hostAddress: `10.89.${number}.1`,
    nodeAddress: `10.89.${number}.2`,
    prefixLength: 24,
    podCidr: `10.90.${number}.0/24`,
    serviceCidr: `10.91.${number * 4}.0/22`,
  };
}

/** The host's routes out of /proc/net/route, whose numbers are hexadecimal in the byte order of the machine (little endian). */
export function readRoutes(table: string): Route[] {
  return table
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const fields = line.split('\t');
      return { interface: fields[0] ?? '', network: hexAddress(fields[1]), mask: hexAddress(fields[7]) };
    });
}

/**
 * The first network that nobody claimed and that no route of the host touches. The default route touches everything and doesn't count.
 * Undefined when all are taken.
 */
export function chooseNodeNetwork(routes: readonly Route[], claimed: ReadonlySet<number>): NodeNetwork | undefined {
  for (let number = 0; number < NODE_NETWORKS; number++) {
    const network = nodeNetwork(number);
    const cidrs = [`10.89.${number}.0/24`, network.podCidr, network.serviceCidr];
    if (!claimed.has(number) && !routes.some((route) => route.mask !== 0 && cidrs.some((cidr) => overlaps(route, cidr)))) return network;
  }
  return undefined;
}

function overlaps(route: Route, cidr: string): boolean {
  const [address = '', length = '32'] = cidr.split('/');
  const mask = Number.parseInt(length, 10) === 32 ? 0xffffffff : ~(0xffffffff >>> Number.parseInt(length, 10)) >>> 0;
  const shared = (mask & route.mask) >>> 0;
  return (toNumber(address) & shared) >>> 0 === (route.network & shared) >>> 0;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function hexAddress(field: string | undefined): number {
  const bytes = Buffer.from(field ?? '', 'hex');
  if (bytes.length !== 4) throw new Error(`not an address of /proc/net/route: ${field ?? 'nothing'}`);
  return bytes.readUInt32LE();
}
