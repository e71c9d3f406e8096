import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Config } from '#config';
import { ApiError } from '#errors';
import { allowsLoopback } from './issuer-address.js';
import { IssuerHttp } from './issuer-http.gateway.js';
import { calledOrigins, type IssuerMetadata, issuerMetadata } from './issuer-metadata.js';
import { discoveryUrl } from './issuer-url.js';

/** What was read this long ago is read anew when it is needed. */
const FRESH_MS = 300_000;
/** The issuer is not asked more often than this, whatever key ids strangers write into their tokens. */
const PAUSE_MS = 3000;

export interface IssuerSettings {
  name: string;
  issuer: string;
  certificateAuthority: string | undefined;
  /** The only origins that requests go to; undefined while an administrator tries the settings. */
  origins: readonly string[] | undefined;
}

interface Loaded {
  metadata: IssuerMetadata;
  keys: ReturnType<typeof createLocalJWKSet>;
  atMs: number;
}

/**
 * One issuer: its discovery document and its keys. Keys come from there alone, nothing in a token points to others. A key id that is not
 * known makes them be read anew, so that a new key counts within seconds; while the issuer is away the keys of before hold on for as long
 * as the settings say.
 */
export class IssuerConnection {
  readonly http: IssuerHttp;
  private loaded: Loaded | undefined;
  private loading: Promise<void> | undefined;
  private triedMs = Number.NEGATIVE_INFINITY;
  private failure: Error | undefined;

  constructor(
    private readonly settings: IssuerSettings,
    private readonly config: Config,
    /** Told of each failure to reach the issuer. */
    private readonly onFailure: (error: Error) => void = () => undefined,
  ) {
    this.http = new IssuerHttp(config, settings.certificateAuthority);
  }

  /** Endpoints and abilities. Throws 503 when they were never read and can't be now. */
  async metadata(): Promise<IssuerMetadata> {
    return (await this.current()).metadata;
  }

  /** The key of a token, for jose. Throws 503 when the keys can't be known, and jose's error when the token names none of them. */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    const before = await this.current();
    try {
      return await before.keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.reload();
      if (this.loaded === undefined || this.loaded === before) throw error;
      return this.loaded.keys(header, token);
    }
  };

  /** Reads everything now. Throws with the reason when that fails. */
  async load(): Promise<IssuerMetadata> {
    this.triedMs = performance.now();
    const options = { allowLoopback: allowsLoopback(this.config.issuerAllowedNetworks) };
    const metadata = issuerMetadata(await this.json(discoveryUrl(this.settings.issuer)), this.settings.issuer, options);
    const { origins } = this.settings;
    const strange = origins && calledOrigins(metadata).find((origin) => !origins.includes(origin));
    if (strange !== undefined)
      throw new Error(`the issuer now names endpoints at ${strange}: an administrator must save the provider again`);
    const keys = await this.json(metadata.jwks_uri);
    this.loaded = { metadata, keys: createLocalJWKSet(keys as JSONWebKeySet), atMs: performance.now() };
    this.failure = undefined;
    return metadata;
  }

  close(): Promise<void> {
    return this.http.close();
  }

  private async current(): Promise<Loaded> {
    if (!this.isYounger(FRESH_MS)) await this.reload();
    if (this.loaded !== undefined && this.isYounger(this.config.issuerOutageSeconds * 1000)) return this.loaded;
    throw new ApiError(
      'ServiceUnavailable',
      `identity provider "${this.settings.name}" is unavailable: its keys cannot be read at present`,
      { kind: 'identityproviders', name: this.settings.name, retryAfterSeconds: 5 },
      { cause: this.failure },
    );
  }

  /** All who need it at once share one reading. Never throws: what there was before stays. */
  private async reload(): Promise<void> {
    if (this.loading === undefined && performance.now() - this.triedMs < PAUSE_MS) return;
    this.loading ??= this.load()
      .then(
        () => undefined,
        (error: unknown) => {
          this.failure = error as Error;
          this.onFailure(this.failure);
        },
      )
      .finally(() => (this.loading = undefined));
    await this.loading;
  }

  private isYounger(ageMs: number): boolean {
    return this.loaded !== undefined && performance.now() - this.loaded.atMs < ageMs;
  }

  private async json(url: string): Promise<unknown> {
    const answer = await this.http.fetch(url, { headers: { accept: 'application/json' } });
    if (!answer.ok) throw new Error(`${url} answers with ${answer.status}`);
    try {
      return await answer.json();
    } catch (error) {
      throw new Error(`${url} does not answer with JSON`, { cause: error });
    }
  }
}
