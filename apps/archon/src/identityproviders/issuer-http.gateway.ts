import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Agent } from 'undici';
import type { Config } from '#config';
import { isAllowedAddress } from '#kubernetes';

/** Key sets and token answers have a few kilobytes. */
const MAX_BYTES = 512 * 1024;

interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/**
 * Requests to one issuer: over TLS that is always verified, to addresses that an issuer may have and no other, to the origins that are
 * allowed, without redirects, and bounded in time and size. What a name resolves to is checked in the resolution that the connection uses.
 */
export class IssuerHttp {
  private readonly agent: Agent;

  constructor(
    private readonly config: Pick<Config, 'issuerAllowedNetworks' | 'issuerTimeoutMs'>,
    certificateAuthority: string | undefined,
  ) {
    const ca = certificateAuthority === undefined ? {} : { ca: [...rootCertificates, certificateAuthority] };
    this.agent = new Agent({
      connect: { ...ca, timeout: config.issuerTimeoutMs, lookup: this.lookup },
      connections: 16,
      headersTimeout: config.issuerTimeoutMs,
      bodyTimeout: config.issuerTimeoutMs,
      maxResponseSize: MAX_BYTES,
    });
  }

  /** As `fetch`, for openid-client. Throws when there is no answer, and on a redirect: it could carry a credential elsewhere. */
  async fetch(address: string, options: RequestOptions = {}): Promise<Response> {
    const url = new URL(address);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) this.check(host, host);
    const timeout = AbortSignal.timeout(this.config.issuerTimeoutMs);
    const answer = await this.agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: options.method ?? 'GET',
      headers: { ...options.headers, 'user-agent': 'archon' },
      body: options.body === undefined || options.body === null ? null : String(options.body as string | URLSearchParams),
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300 && answer.statusCode < 400)
      throw new Error(`${url.origin} answers with a redirect, which is not followed`);
    const contentType = answer.headers['content-type'];
    return new Response([204, 205].includes(answer.statusCode) ? null : text, {
      status: answer.statusCode,
      headers: contentType === undefined ? {} : { 'content-type': String(contentType) },
    });
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private check(address: string, host: string): void {
    if (!isAllowedAddress(address, this.config.issuerAllowedNetworks))
      throw new Error(`${host} is at an address that issuers may not have: see the setting ARCHON_ISSUER_ALLOWED_NETWORKS`);
  }

  private readonly lookup: LookupFunction = (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 4);
      try {
        for (const { address } of addresses) this.check(address, host);
      } catch (refusal) {
        return done(refusal as Error, '', 4);
      }
      const [first] = addresses;
      if (options.all === true) done(null, addresses);
      else done(null, first?.address ?? '', first?.family ?? 4);
    });
  };
}
