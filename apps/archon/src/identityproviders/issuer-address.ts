import { isAllowedAddress } from '#kubernetes';

type Ranges = Parameters<typeof isAllowedAddress>[1];

/** Whether an identity provider may be on this machine, which only an explicit setting allows. */
export const allowsLoopback = (allowed: Ranges): boolean => isAllowedAddress('127.0.0.1', allowed) || isAllowedAddress('::1', allowed);
