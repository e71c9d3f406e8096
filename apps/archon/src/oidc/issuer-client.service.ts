import { Injectable } from '@nestjs/common';
import * as client from 'openid-client';
import { ApiError } from '#errors';
import { PublicEndpoint } from '../http/public-endpoint.service.js';
import { callbackUrl } from '../identityproviders/identity-providers.service.js';
import { type HeldClaims, IssuerTokens } from '../identityproviders/issuer-tokens.service.js';
import { type Issuer, Issuers } from '../identityproviders/issuers.service.js';
import { OAuthError, type OAuthErrorCode } from '../sessions/oauth-error.js';

/** What a login at an issuer gave. */
export interface IssuerLogin {
  claims: HeldClaims;
  refreshToken: string | undefined;
}

/** What an issuer told a device to show. Times in seconds. */
export interface DeviceStart {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete?: string | undefined;
  expires_in: number;
  interval?: number | undefined;
}

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
/** Answers of a token endpoint that say what its user did, or must do (RFC 6749, 5.2; RFC 8628, 3.5). */
const TOLD: readonly string[] = [
  'invalid_grant',
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
] satisfies OAuthErrorCode[];

/** The issuer gave no answer, or one that says that it can't give any now. openid-client hands it on as the cause of an error of its own. */
class IssuerAway extends Error {}

/** Archon as a client of an issuer: OpenID Connect by openid-client, over connections that are bounded, with ID tokens checked by our rules. */
@Injectable()
export class IssuerClient {
  constructor(
    private readonly issuers: Issuers,
    private readonly tokens: IssuerTokens,
    private readonly endpoint: PublicEndpoint,
  ) {}

  /** Where a browser goes to log in: code flow with PKCE S256 (RFC 7636), state and nonce. */
  async authorizationUrl(issuer: Issuer, { state, nonce, verifier }: { state: string; nonce: string; verifier: string }): Promise<string> {
    return client.buildAuthorizationUrl(await this.configuration(issuer), {
      redirect_uri: callbackUrl(this.endpoint.url, issuer.provider.name),
      scope: issuer.provider.scopes.join(' '),
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      // OpenID Connect Core, 11: a refresh token is given only with consent.
      ...(issuer.provider.scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
    }).href;
  }

  /** Exchanges the code in the query of a callback. Throws {@link OAuthError} when the issuer refuses or its answer does not hold. */
  async exchangeCode(issuer: Issuer, query: string, expected: { state: string; nonce: string; verifier: string }): Promise<IssuerLogin> {
    const url = new URL(`${callbackUrl(this.endpoint.url, issuer.provider.name)}?${query}`);
    const checks = {
      pkceCodeVerifier: expected.verifier,
      expectedState: expected.state,
      expectedNonce: expected.nonce,
      idTokenExpected: true,
    };
    return this.login(issuer, (configuration) => client.authorizationCodeGrant(configuration, url, checks));
  }

  async startDevice(issuer: Issuer): Promise<DeviceStart> {
    const configuration = await this.configuration(issuer);
    if (configuration.serverMetadata().device_authorization_endpoint === undefined)
      throw new OAuthError('unauthorized_client', `identity provider "${issuer.provider.name}" has no device flow`);
    return this.told(issuer, () => client.initiateDeviceAuthorization(configuration, { scope: issuer.provider.scopes.join(' ') }));
  }

  /** Throws {@link OAuthError} with `authorization_pending` while the user has not finished. */
  exchangeDeviceCode(issuer: Issuer, deviceCode: string): Promise<IssuerLogin> {
    return this.login(issuer, (configuration) => client.genericGrantRequest(configuration, DEVICE_CODE, { device_code: deviceCode }));
  }

  /** Throws {@link OAuthError} when the issuer no longer vouches for the user, 503 when it can't be asked. */
  refresh(issuer: Issuer, refreshToken: string): Promise<IssuerLogin> {
    return this.login(issuer, (configuration) => client.refreshTokenGrant(configuration, refreshToken));
  }

  private async login(
    issuer: Issuer,
    exchange: (configuration: client.Configuration) => Promise<client.TokenEndpointResponse>,
  ): Promise<IssuerLogin> {
    const configuration = await this.configuration(issuer);
    const { id_token: idToken, refresh_token: refreshToken } = await this.told(issuer, () => exchange(configuration));
    if (idToken === undefined) throw new OAuthError('invalid_grant', 'the identity provider gave no ID token');
    const claims = await this.tokens.verify(issuer, idToken, [configuration.clientMetadata().client_id]);
    if (claims === undefined) throw new OAuthError('invalid_grant', 'the ID token of the identity provider does not hold');
    return { claims, refreshToken };
  }

  /** What the issuer says of the user is passed on; all else is a fault of its or ours, and its text is not shown to strangers. */
  private async told<T>({ provider: { name } }: Issuer, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof client.ResponseBodyError && TOLD.includes(error.error))
        throw new OAuthError(error.error as OAuthErrorCode, `identity provider "${name}" answers ${error.error}`);
      if (error instanceof client.AuthorizationResponseError)
        throw new OAuthError('access_denied', `identity provider "${name}" refused the login`);
      if (!((error as Error).cause instanceof IssuerAway))
        throw Object.assign(new OAuthError('invalid_grant', `the answer of identity provider "${name}" does not hold`), { cause: error });
      const details = { kind: 'identityproviders', name, retryAfterSeconds: 5 };
      throw new ApiError('ServiceUnavailable', `identity provider "${name}" is unavailable: try again`, details, { cause: error });
    }
  }

  private async configuration(issuer: Issuer): Promise<client.Configuration> {
    const { provider, connection } = issuer;
    if (provider.clientId === null)
      throw new OAuthError('unauthorized_client', `nobody logs in through identity provider "${provider.name}"`);
    const metadata = await connection.metadata();
    const secret = this.issuers.clientSecret(issuer);
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const posts = methods.includes('client_secret_post') && !methods.includes('client_secret_basic');
    const authentication =
      secret === undefined ? client.None() : posts ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
    const configuration = new client.Configuration(
      metadata as client.ServerMetadata,
      provider.clientId,
      { id_token_signed_response_alg: undefined },
      authentication,
    );
    configuration[client.customFetch] = async (url, options) => {
      const request = { ...options, headers: options.headers, body: options.body, signal: options.signal };
      const answer = await connection.http.fetch(url, request).catch((error: unknown) => {
        throw new IssuerAway('no answer', { cause: error });
      });
      // Of a proxy in front of it perhaps: says nothing about the user, whose session goes on.
      if (answer.status >= 500 || answer.status === 429) throw new IssuerAway(`it answers with ${answer.status}`);
      return answer;
    };
    if (provider.issuer.startsWith('http://')) client.allowInsecureRequests(configuration);
    return configuration;
  }
}
