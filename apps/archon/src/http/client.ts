/** Who sends a request, as far as it can be seen: shown to the user, so that a strange one is noticed. */
export interface Client {
  address: string;
  userAgent: string;
}

const MAX_USER_AGENT = 200;

/** Printable and of bounded length: it is shown to people. */
export const cleanUserAgent = (text: string | undefined): string => (text ?? '').replaceAll(/[^\x20-\x7e]/g, '').slice(0, MAX_USER_AGENT);
