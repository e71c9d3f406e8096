import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiError, badRequest, invalid } from '#errors';
import { AppConfig } from '../config.module.js';
import type { Client } from '../http/client.js';
import { ExternalIdentities } from '../identityproviders/external-identities.service.js';
import { type Issuer, Issuers } from '../identityproviders/issuers.service.js';
import { OAuthError } from '../sessions/oauth-error.js';
import type { TokenResponse } from '../sessions/session-tokens.js';
import { TokenGrants } from '../sessions/token-grants.service.js';
import { ExternalSessions, type ProvenLogin } from './external-sessions.service.js';
import { IssuerClient, type IssuerLogin } from './issuer-client.service.js';
import { isLoginRedirect, withParameters } from './login-redirect.js';
import type { DeviceResponse, LoginQuery } from './oidc.dto.js';
import { PendingLogins } from './pending-logins.repository.js';

/** What a login needs when the browser comes back. */
interface BegunLogin {
  nonce: string;
  verifier: string;
  redirectUri: string;
  clientState: string | undefined;
  challenge: string;
}

interface ProvenBrowserLogin {
  login: ProvenLogin;
  redirectUri: string;
  challenge: string;
}

const STATE_SECONDS = 600;
const CODE_SECONDS = 60;
const MAX_DEVICE_SECONDS = 1800;
const DEVICE_INTERVAL_SECONDS = 5;
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * Logins at identity providers. To browsers and command lines Archon itself is an authorization server with PKCE (RFC 6749, 7636, 8252): what
 * goes through the browser is a code that works once, within a minute, and only for who began the login.
 */
@Injectable()
export class OidcLogins implements OnModuleInit {
  constructor(
    private readonly issuers: Issuers,
    private readonly client: IssuerClient,
    private readonly identities: ExternalIdentities,
    private readonly pending: PendingLogins,
    private readonly sessions: ExternalSessions,
    private readonly grants: TokenGrants,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.grants.register('authorization_code', (parameters, client) => this.redeem(parameters, client));
    this.grants.register(DEVICE_CODE, (parameters, client) => this.pollDevice(parameters, client));
  }

  /** Where the browser must go. Throws 422 for a redirect URI that is not listed. */
  async begin(provider: string, query: LoginQuery): Promise<string> {
    if (!isLoginRedirect(query.redirect_uri, this.config.loginRedirects))
      throw invalid('the login', [
        { field: 'redirect_uri', message: 'must be listed in ARCHON_LOGIN_REDIRECTS, or be http://127.0.0.1:<port>/<path>' },
      ]);
    const issuer = await this.issuers.get(provider);
    const [nonce, verifier] = [newSecret(), newSecret()];
    const begun: BegunLogin = {
      nonce,
      verifier,
      redirectUri: query.redirect_uri,
      clientState: query.state,
      challenge: query.code_challenge,
    };
    const state = await this.pending.put('state', provider, begun, STATE_SECONDS);
    return this.client.authorizationUrl(issuer, { state, nonce, verifier });
  }

  /**
   * Takes what the issuer sends through the browser; gives where the browser goes next, with a code or with the error of RFC 6749 (4.1.2.1).
   * Throws 400 for a state that is unknown, used or too old: nobody knows then whose browser this is.
   */
  async finish(provider: string, query: string): Promise<string> {
    const issuer = await this.issuers.get(provider);
    const state = new URLSearchParams(query).get('state') ?? '';
    const begun = await this.pending.take<BegunLogin>('state', state, provider);
    if (begun === undefined)
      throw badRequest('this login is unknown, was finished already, or took longer than ten minutes: begin it again');
    const { redirectUri, clientState, challenge, nonce, verifier } = begun.content;
    try {
      const login = await this.admit(issuer, await this.client.exchangeCode(issuer, query, { state, nonce, verifier }));
      const proven: ProvenBrowserLogin = { login, redirectUri, challenge };
      const code = await this.pending.put('code', provider, proven, CODE_SECONDS);
      return withParameters(redirectUri, { code, state: clientState });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return withParameters(redirectUri, { error: error.code === 503 ? 'temporarily_unavailable' : 'access_denied', state: clientState });
    }
  }

  /** Begins a login for somebody whose browser is elsewhere (RFC 8628). The device code of the issuer stays here. */
  async beginDevice(provider: string): Promise<DeviceResponse> {
    const issuer = await this.issuers.get(provider);
    const {
      device_code: issuerCode,
      user_code,
      verification_uri,
      verification_uri_complete,
      ...times
    } = await this.client.startDevice(issuer);
    const expiresIn = Math.min(times.expires_in, MAX_DEVICE_SECONDS);
    const interval = Math.max(times.interval ?? DEVICE_INTERVAL_SECONDS, DEVICE_INTERVAL_SECONDS);
    const device_code = await this.pending.put('device', provider, { issuerCode, interval }, expiresIn);
    return {
      device_code,
      user_code,
      verification_uri,
      ...(verification_uri_complete === undefined ? {} : { verification_uri_complete }),
      expires_in: expiresIn,
      interval,
    };
  }

  private async redeem(parameters: Readonly<Record<string, string>>, client: Client): Promise<TokenResponse> {
    const { code, code_verifier: verifier, redirect_uri: redirectUri } = parameters;
    if (code === undefined || verifier === undefined || redirectUri === undefined)
      throw new OAuthError('invalid_request', 'code, code_verifier and redirect_uri are needed');
    const taken = await this.pending.take<ProvenBrowserLogin>('code', code);
    if (taken === undefined || taken.content.redirectUri !== redirectUri || !isChallengeOf(verifier, taken.content.challenge))
      throw new OAuthError('invalid_grant', 'the code does not hold: log in again');
    return this.sessions.open(taken.content.login, taken.provider, client);
  }

  private async pollDevice({ device_code: secret }: Readonly<Record<string, string>>, client: Client): Promise<TokenResponse> {
    if (secret === undefined) throw new OAuthError('invalid_request', 'device_code is missing');
    // A second of grace: the clock of a client that keeps the interval exactly may run fast.
    const polled = await this.pending.poll<{ issuerCode: string }>(secret, DEVICE_INTERVAL_SECONDS - 1);
    if (polled === 'tooEarly') throw new OAuthError('slow_down', 'ask less often');
    if (polled === undefined) throw new OAuthError('expired_token', 'this device code is unknown, used, or too old');
    const issuer = await this.issuers.get(polled.provider);
    const login = await this.client.exchangeDeviceCode(issuer, polled.content.issuerCode);
    if ((await this.pending.take('device', secret)) === undefined)
      throw new OAuthError('invalid_grant', 'the device code was used already');
    return this.sessions.open(await this.admit(issuer, login), polled.provider, client);
  }

  private async admit({ provider }: Issuer, { claims, refreshToken }: IssuerLogin): Promise<ProvenLogin> {
    try {
      const { id, generation } = await this.identities.admit(provider, claims);
      return { user: { id, generation }, issuer: provider.issuer, subject: claims.sub, refreshToken };
    } catch (error) {
      if (error instanceof ApiError && error.code === 403) throw new OAuthError('access_denied', error.message);
      throw error;
    }
  }
}

/** 256 bits, in the alphabet of URLs: also a PKCE verifier (RFC 7636, 4.1). */
const newSecret = (): string => randomBytes(32).toString('base64url');

function isChallengeOf(verifier: string, challenge: string): boolean {
  const [expected, given] = [createHash('sha256').update(verifier).digest(), Buffer.from(challenge, 'base64url')];
  return expected.length === given.length && timingSafeEqual(expected, given);
}
