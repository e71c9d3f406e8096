import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressRange, isAllowedAddress } from './address-policy.js';

/** Finds all addresses of a host name, as `dns.lookup` does. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const ADDRESS_NOT_ALLOWED = 'ERR_ADDRESS_NOT_ALLOWED';

/**
 * Decides where connections may lead. The check is part of each connection: a name is resolved once, every address that came is checked, and
 * the socket goes to a checked one. A DNS answer that changes later (rebinding) changes nothing. TLS still verifies the host name.
 */
export class AddressPolicy {
  constructor(
    private readonly allowed: readonly AddressRange[],
    private readonly resolve: Resolve = lookup,
  ) {}

  /** Why a host may not be connected to, as far as its text tells: sockets don't ask `lookup` about addresses. Undefined for names. */
  refusalOf(host: string): Error | undefined {
    const address = host.replace(/^\[|\]$/g, '');
    return isIP(address) === 0 || isAllowedAddress(address, this.allowed) ? undefined : notAllowed();
  }

  /** For the `lookup` option of sockets. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    this.resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0];
      if (error !== null || first === undefined) done(error ?? notAllowed(), '', 0);
      else if (!addresses.every(({ address }) => isAllowedAddress(address, this.allowed))) done(notAllowed(), '', 0);
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

const notAllowed = () => Object.assign(new Error('the address is not within the allowed networks'), { code: ADDRESS_NOT_ALLOWED });
