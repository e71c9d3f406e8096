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
  /** By which a job got it, and who the job is at its issuer. */
  trust_rule?: string;
  subject?: string;
}
