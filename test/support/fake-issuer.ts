import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { CertificateAuthority, CertificateRequest, IssuedCertificate } from '#pki';

type Answer = { status?: number; headers?: Record<string, string>; body: unknown } | 'hang';

interface Key {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  jwk: JWK;
}

/** The claims of a token that is good for a minute, unless others are given. */
type Claims = JWTPayload & Record<string, unknown>;

/**
 * An issuer of ours that does what a real one won't: signs any claims, changes its keys, redirects, hangs, sends too much, lies about
 * itself. It counts what it is asked for.
 */
export class FakeIssuer {
  /** Answers in the place of the usual ones, by path. */
  readonly answers = new Map<string, Answer>();
  readonly requests: { method: string; path: string; authorization: string | undefined; body: string }[] = [];
  keys: Key[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** HTTPS with a certificate of `authority` for 127.0.0.1, unless another one is asked for. */
  static async start(authority: CertificateAuthority, certificate: Partial<CertificateRequest> = {}): Promise<FakeIssuer> {
    const { certPem, keyPem } = await authority.issue({ commonName: 'issuer', sans: ['127.0.0.1'], usages: ['server'], ...certificate });
    const server = createServer({ cert: certPem, key: keyPem });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new FakeIssuer(server, `https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const path = (request.url ?? '').split('?')[0] ?? '';
        issuer.requests.push({ method: request.method ?? '', path, authorization: request.headers.authorization, body });
        const answer = issuer.answers.get(path) ?? issuer.usualAnswer(path);
        if (answer === 'hang') return;
        const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers }).end(text);
      });
    });
    await issuer.addKey('k1');
    return issuer;
  }

  /** A new key that signs from now on; `only`: those before are no longer published. */
  async addKey(kid: string, { alg = 'RS256', only = false } = {}): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const key = { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
    this.keys = only ? [key] : [key, ...this.keys];
  }

  get metadata(): Record<string, unknown> {
    return {
      issuer: this.url,
      jwks_uri: `${this.url}/jwks`,
      authorization_endpoint: `${this.url}/auth`,
      token_endpoint: `${this.url}/token`,
      device_authorization_endpoint: `${this.url}/device`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  /** A token that holds, but for what the claims and the header say otherwise; a claim that is undefined is left out. */
  async sign(claims: Claims, header: Record<string, unknown> = {}, key = this.keys[0]): Promise<string> {
    if (key === undefined) throw new Error('the issuer has no key');
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.url, iat: now, exp: now + 60, ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
  }

  /** Shows another certificate from now on; connections of before end. */
  useCertificate({ certPem, keyPem }: IssuedCertificate): void {
    this.server.setSecureContext({ cert: certPem, key: keyPem });
    this.server.closeAllConnections();
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private usualAnswer(path: string): Answer {
    if (path === '/.well-known/openid-configuration') return { body: this.metadata };
    if (path === '/jwks') return { body: { keys: this.keys.map(({ jwk }) => jwk) } };
    return { status: 404, body: { error: 'not found' } };
  }
}
