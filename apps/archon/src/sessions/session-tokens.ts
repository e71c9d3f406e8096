/** Who holds a session, as far as it can be seen: shown to its user, so that a strange one is noticed. */
export interface Client {
  address: string;
  userAgent: string;
}

/** An answer of the token endpoint (RFC 6749, 5.1; `issued_token_type`: RFC 8693). Times in seconds from now. */
export interface TokenResponse {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  /** Absent where the token can't be prolonged. */
  refresh_token?: string;
  refresh_expires_in?: number;
  issued_token_type?: string;
  scope?: string;
}

const MAX_USER_AGENT = 200;

/** Printable and of bounded length: it is shown to people. */
export const cleanUserAgent = (text: string | undefined): string => (text ?? '').replaceAll(/[^\x20-\x7e]/g, '').slice(0, MAX_USER_AGENT);
