import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { Agent, request } from 'undici';
import type { CertificateAuthority } from '#pki';

export interface OidcUser {
  password: string;
  groups: string[];
}

const CLIENT = { id: 'archon', secret: 'web-secret-of-archon' };

/** A certified OpenID provider (the package oidc-provider), over HTTPS, with a page that takes name and password. State is in its memory. */
export class OidcProvider {
  readonly client = CLIENT;
  readonly users: Record<string, OidcUser> = {
    alice: { password: 'alice-pw', groups: ['team-a'] },
    root: { password: 'root-pw', groups: ['platform-admins'] },
  };
  private readonly agent: Agent;
  private keys: JWK[] = [];
  private callback: ReturnType<Provider['callback']> | undefined;

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly redirectUris: string[],
    authorityPem: string,
  ) {
    this.agent = new Agent({ connect: { ca: authorityPem } });
  }

  /** `callback`: the redirect URIs of the client, from the URL of the provider. */
  static async start(authority: CertificateAuthority, redirectUris: string[]): Promise<OidcProvider> {
    const { certPem, keyPem } = await authority.issue({ commonName: 'provider', sans: ['127.0.0.1'], usages: ['server'] });
    const server = createServer({ cert: certPem, key: keyPem });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new OidcProvider(server, url, redirectUris, authority.certPem);
    await provider.rotateKeys('k1');
    server.on('request', (incoming, response) => void provider.callback?.(incoming, response));
    return provider;
  }

  /** Makes a new key, publishes it with those before (unless `only`), and signs with it. Logins that are under way are lost. */
  async rotateKeys(kid: string, { only = false } = {}): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' };
    this.keys = only ? [key] : [key, ...this.keys];
    this.callback = this.create().callback();
  }

  /** What a person does in a browser: follows redirects, logs in, agrees; gives the first URL that is not the provider's. */
  async browse(start: string, user: string, password = this.users[user]?.password ?? ''): Promise<string> {
    const cookies = new Map<string, string>();
    let url = start;
    let form: string | undefined;
    for (let step = 0; step < 20; step++) {
      const answer = await request(url, {
        dispatcher: this.agent,
        method: form === undefined ? 'GET' : 'POST',
        headers: {
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        body: form ?? null,
      });
      const text = await answer.body.text();
      for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        cookies.set(name, value);
      }
      const { location } = answer.headers;
      if (location !== undefined) {
        url = new URL(String(location), url).href;
        form = undefined;
        if (!url.startsWith(this.url)) return url;
        continue;
      }
      const fields = Object.fromEntries(
        [...text.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']): [string, string] => [name, value]),
      );
      const action = /action="([^"]+)"/.exec(text)?.[1];
      if (answer.statusCode !== 200 || (form !== undefined && !text.includes('<form'))) return text;
      form = new URLSearchParams(text.includes('name=user') ? { user, password } : { ...fields, confirm: 'yes' }).toString();
      if (action !== undefined) url = new URL(action, url).href;
    }
    throw new Error(`the login of ${user} does not end: ${url}`);
  }

  /** A device on which somebody types the user code and logs in. */
  async browseDevice(verificationUriComplete: string, user: string): Promise<string> {
    return this.browse(verificationUriComplete, user);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
    await this.stop();
  }

  /** Nothing answers any more; `listenAgain` ends that. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async listenAgain(): Promise<void> {
    this.server.listen(Number(new URL(this.url).port), '127.0.0.1');
    await once(this.server, 'listening');
  }

  private create(): Provider {
    const claims = (id: string) => ({
      sub: id,
      email: `${id}@example.org`,
      email_verified: true,
      preferred_username: id,
      groups: this.users[id]?.groups,
    });
    const provider = new Provider(this.url, {
      jwks: { keys: this.keys },
      cookies: { keys: ['test-only'] },
      pkce: { required: () => true },
      conformIdTokenClaims: false,
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: this.redirectUris,
          grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        },
      ],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
      scopes: ['openid', 'offline_access', 'email', 'groups'],
      rotateRefreshToken: true,
      issueRefreshToken: (_context, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
      ttl: { AccessToken: 300, IdToken: 300, RefreshToken: 3600, DeviceCode: 300, Session: 3600, Interaction: 300, Grant: 3600 },
      findAccount: (_context, id) => (this.users[id] === undefined ? undefined : { accountId: id, claims: () => claims(id) }),
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      features: { devInteractions: { enabled: false }, deviceFlow: { enabled: true } },
    });
    provider.use((context, next) => this.interact(provider, context as KoaContextWithOIDC, next));
    return provider;
  }

  private async interact(provider: Provider, context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    if (!context.path.startsWith('/interaction/')) return next();
    const { prompt, params, session, grantId } = await provider.interactionDetails(context.req, context.res);
    let result: Record<string, unknown>;
    if (prompt.name === 'login') {
      if (context.method !== 'POST') {
        context.type = 'html';
        context.body = '<form method=post><input name=user><input name=password type=password></form>';
        return;
      }
      let body = '';
      for await (const chunk of context.req) body += String(chunk);
      const form = new URLSearchParams(body);
      const user = form.get('user') ?? '';
      if (this.users[user]?.password !== form.get('password')) {
        context.status = 401;
        context.body = 'wrong user or password';
        return;
      }
      result = { login: { accountId: user } };
    } else {
      const found = grantId === undefined ? undefined : await provider.Grant.find(grantId);
      const grant = found ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params.client_id) });
      const { missingOIDCScope, missingOIDCClaims } = prompt.details as { missingOIDCScope?: string[]; missingOIDCClaims?: string[] };
      if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '));
      if (missingOIDCClaims !== undefined) grant.addOIDCClaims(missingOIDCClaims);
      result = { consent: { grantId: await grant.save() } };
    }
    await provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: prompt.name !== 'login' });
    context.respond = false;
  }
}
