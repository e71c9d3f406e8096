import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';

export class LoginQuery {
  /**
   * Where the browser goes afterwards: a URI of ARCHON_LOGIN_REDIRECTS, or one on the user's own machine
   * @example "http://127.0.0.1:8976/callback"
   */
  @IsString()
  @Length(1, 1024)
  redirect_uri: string;

  /**
   * SHA-256 of the code verifier in base64url (RFC 7636)
   * @example "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
   */
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'must be the SHA-256 of the code verifier in base64url (43 characters)' })
  code_challenge: string;

  /** @example "S256" */
  @IsIn(['S256'])
  code_challenge_method: string;

  /**
   * Comes back unchanged
   * @example "af0ifjsldkj"
   */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  state?: string;
}

/** As in RFC 8628 (3.2); times in seconds. */
export class DeviceResponse {
  /**
   * For the token endpoint, with `grant_type=urn:ietf:params:oauth:grant-type:device_code`
   * @example "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"
   */
  device_code: string;
  /** @example "WDJB-MJHT" */
  user_code: string;
  /** @example "https://login.example.org/device" */
  verification_uri: string;
  /** @example "https://login.example.org/device?user_code=WDJB-MJHT" */
  verification_uri_complete?: string;
  /** @example 300 */
  expires_in: number;
  /** @example 5 */
  interval: number;
}
