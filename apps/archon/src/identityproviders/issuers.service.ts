import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { FieldCipher, Notifications } from '#database';
import { notFound } from '#errors';
import type { Logger } from '#log';
import { AppConfig } from '../config.module.js';
import { LOGGER } from '../logger.module.js';
import { IdentityProviderEntity } from './identity-provider.entity.js';
import { IssuerConnection } from './issuer-connection.gateway.js';

/** A provider that is not disabled, with the way to its issuer. */
export interface Issuer {
  provider: IdentityProviderEntity;
  connection: IssuerConnection;
}

const TOPIC = 'identityproviders';
/** The bound on a change that this replica was not told of. */
const FRESH_MS = 10_000;

/** The issuers as requests need them: read from Postgres seldom, each with one connection for as long as nothing about it changes. */
@Injectable()
export class Issuers implements OnApplicationShutdown {
  private readonly connections = new Map<string, IssuerConnection>();
  private known: { issuers: readonly Issuer[]; atMs: number } | undefined;
  private loading: Promise<readonly Issuer[]> | undefined;

  constructor(
    @InjectRepository(IdentityProviderEntity) private readonly rows: Repository<IdentityProviderEntity>,
    private readonly config: AppConfig,
    private readonly cipher: FieldCipher,
    private readonly notifications: Notifications,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const forget = () => {
      this.known = undefined;
      this.loading = undefined;
    };
    notifications.on(TOPIC, forget);
    notifications.onGap(forget);
  }

  /** By the exact text of the issuer; undefined for an unknown or disabled one. */
  async find(issuer: string): Promise<Issuer | undefined> {
    return (await this.all()).find(({ provider }) => provider.issuer === issuer);
  }

  /** By the name of the provider. Throws 404 for an unknown or disabled one. */
  async get(name: string): Promise<Issuer> {
    const found = (await this.all()).find(({ provider }) => provider.name === name);
    if (found === undefined) throw notFound('identityproviders', name);
    return found;
  }

  clientSecret({ provider }: Issuer): string | undefined {
    return provider.clientSecret === null ? undefined : this.cipher.decrypt(provider.clientSecret, secretAddress(provider.id));
  }

  /** After a change is stored: on all replicas nothing of before is used any more. */
  async changed(): Promise<void> {
    await this.notifications.publish(TOPIC, '');
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.connections.values()].map((connection) => connection.close()));
  }

  private async all(): Promise<readonly Issuer[]> {
    if (this.known !== undefined && performance.now() - this.known.atMs < FRESH_MS) return this.known.issuers;
    const loading = (this.loading ??= this.load());
    try {
      const issuers = await loading;
      // Else something was changed meanwhile, and what was read may be older.
      if (this.loading === loading) this.known = { issuers, atMs: performance.now() };
      return issuers;
    } finally {
      if (this.loading === loading) this.loading = undefined;
    }
  }

  private async load(): Promise<readonly Issuer[]> {
    const providers = (await this.rows.find()).filter(({ disabledAt }) => disabledAt === null);
    const used = new Set(providers.map(keyOf));
    for (const [key, connection] of this.connections) {
      if (used.has(key)) continue;
      this.connections.delete(key);
      void connection.close();
    }
    return providers.map((provider) => ({ provider, connection: this.connectionOf(provider) }));
  }

  private connectionOf(provider: IdentityProviderEntity): IssuerConnection {
    const { name, issuer, origins, certificateAuthority } = provider;
    const known = this.connections.get(keyOf(provider));
    if (known !== undefined) return known;
    const settings = { name, issuer, origins, certificateAuthority: certificateAuthority ?? undefined };
    const connection = new IssuerConnection(settings, this.config, (error) =>
      this.logger.warn({ provider: name, reason: error.message }, 'an identity provider could not be reached'),
    );
    this.connections.set(keyOf(provider), connection);
    return connection;
  }
}

const keyOf = ({ id, generation }: IdentityProviderEntity): string => `${id}:${generation}`;

export const secretAddress = (id: string) => ({ table: 'identity_providers', id, field: 'client_secret' });
