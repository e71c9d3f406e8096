import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { alreadyExists, conflict, invalid, notFound, type StatusCause } from '#errors';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { PublicEndpoint } from '../http/public-endpoint.service.js';
import { UsersService } from '../users/users.service.js';
import { IdentityProviderEntity } from './identity-provider.entity.js';
import {
  type CreateIdentityProviderRequest,
  type IdentityProviderListResponse,
  type IdentityProviderResponse,
  toIdentityProviderResponse,
  type UpdateIdentityProviderRequest,
} from './identity-providers.dto.js';
import { allowsLoopback } from './issuer-address.js';
import { IssuerConnection } from './issuer-connection.gateway.js';
import { calledOrigins } from './issuer-metadata.js';
import { refusedIssuer } from './issuer-url.js';
import { Issuers, secretAddress } from './issuers.service.js';
import { changedSettings, defaultSettings, type ProviderSettings, sharesGroups } from './provider-settings.js';

interface WriteOptions {
  /** Checks everything and stores nothing. */
  dryRun: boolean;
}

/** Which issuers Archon trusts, and with what. */
@Injectable()
export class IdentityProvidersService {
  private readonly listeners: ((providerId: string) => Promise<void>)[] = [];

  constructor(
    @InjectRepository(IdentityProviderEntity) private readonly rows: Repository<IdentityProviderEntity>,
    private readonly issuers: Issuers,
    private readonly users: UsersService,
    private readonly changes: IdentityChanges,
    private readonly cipher: FieldCipher,
    private readonly config: AppConfig,
    private readonly endpoint: PublicEndpoint,
  ) {}

  /** `end` is called after each change of a provider: what was given on its word before ends. */
  onChange(end: (providerId: string) => Promise<void>): void {
    this.listeners.push(end);
  }

  async list(): Promise<IdentityProviderListResponse> {
    const rows = await this.rows.find({ order: { name: 'ASC' } });
    return { kind: 'IdentityProviderList', items: rows.map((row) => this.toResponse(row)) };
  }

  async get(name: string): Promise<IdentityProviderResponse> {
    return this.toResponse(await this.getRow(name));
  }

  /** Asks the issuer who it is before anything is stored. Throws 422 that names what is wrong. */
  async create(
    caller: Principal,
    { metadata: { name }, spec }: CreateIdentityProviderRequest,
    { dryRun }: WriteOptions,
  ): Promise<IdentityProviderResponse> {
    const causes: StatusCause[] = [];
    const refused = refusedIssuer(spec.issuer, { allowLoopback: allowsLoopback(this.config.issuerAllowedNetworks) });
    if (refused !== undefined) causes.push({ field: 'spec.issuer', message: refused });
    const settings = changedSettings(name, defaultSettings(name), spec, causes);
    if (causes.length > 0) throw invalid('the identity provider', causes);
    const id = randomUUID();
    await this.refuseTaken(id, name, spec.issuer, settings);
    const row = this.rows.create({
      ...settings,
      id,
      name,
      issuer: spec.issuer,
      clientSecret: this.encrypted(id, spec.clientSecret) ?? null,
      origins: await this.discover(name, spec.issuer, settings),
      disabledAt: spec.disabled === true ? new Date() : null,
      generation: 1,
      createdBy: caller.user,
      createdAt: new Date(),
    });
    if (!dryRun) {
      await this.rows.insert(row);
      await this.issuers.changed();
    }
    return this.toResponse(row);
  }

  /** A change of anything is tried at the issuer, unless it only disables the provider: that must work while the issuer is away. */
  async patch(name: string, { spec }: UpdateIdentityProviderRequest, { dryRun }: WriteOptions): Promise<IdentityProviderResponse> {
    const row = await this.getRow(name);
    const causes: StatusCause[] = [];
    const settings = changedSettings(name, row, spec, causes);
    if (causes.length > 0) throw invalid('the identity provider', causes);
    await this.refuseTaken(row.id, name, row.issuer, settings);
    const onlyDisables = spec.disabled === true && Object.values(spec).filter((value) => value !== undefined).length === 1;
    const origins = onlyDisables ? row.origins : await this.discover(name, row.issuer, settings);
    const changed = this.rows.create({
      ...row,
      ...settings,
      clientSecret: this.encrypted(row.id, spec.clientSecret) ?? (spec.clientSecret === null ? null : row.clientSecret),
      disabledAt: spec.disabled === undefined ? row.disabledAt : spec.disabled ? (row.disabledAt ?? new Date()) : null,
      origins,
      generation: row.generation + 1,
    });
    if (dryRun) return this.toResponse(changed);
    const { affected } = await this.rows.update({ id: row.id, generation: row.generation }, changed);
    if (affected === 0)
      throw conflict(`identity provider "${name}" was changed by somebody else at the same time: try again`, {
        kind: 'identityproviders',
        name,
      });
    await this.distrust(row, changed.disabledAt !== null);
    return this.toResponse(changed);
  }

  /** Its users stay, so that they are the same ones should the issuer come back; they can't get in, and their sessions end. */
  async delete(name: string): Promise<void> {
    const row = await this.getRow(name);
    await this.rows.delete({ id: row.id });
    await this.distrust(row, true);
  }

  /** What was decided by the old settings is decided anew; `entirely`: nobody of this issuer goes on. */
  private async distrust({ id, issuer }: IdentityProviderEntity, entirely: boolean): Promise<void> {
    await this.issuers.changed();
    for (const end of this.listeners) await end(id);
    if (entirely) await this.users.endSessionsOf(issuer);
    await this.changes.publish({ everybody: true });
  }

  private async getRow(name: string): Promise<IdentityProviderEntity> {
    const row = await this.rows.findOneBy({ name });
    if (row === null) throw notFound('identityproviders', name);
    return row;
  }

  private async refuseTaken(id: string, name: string, issuer: string, { rules }: ProviderSettings): Promise<void> {
    for (const other of await this.rows.find()) {
      if (other.id === id) continue;
      const what = other.name === name ? `identity provider "${name}" exists already` : `"${other.name}" has the same issuer already`;
      if (other.name === name || other.issuer === issuer) throw alreadyExists(what, { kind: 'identityproviders', name });
      if (sharesGroups(rules, other.rules))
        throw invalid('the identity provider', [
          {
            field: 'spec.groupsPrefix',
            message: `must not be the beginning of the one of "${other.name}", or the other way round: groups could be taken for one another`,
          },
        ]);
    }
  }

  /** The origins to which Archon will send requests from now on. */
  private async discover(name: string, issuer: string, { certificateAuthority }: ProviderSettings): Promise<string[]> {
    const connection = new IssuerConnection(
      { name, issuer, certificateAuthority: certificateAuthority ?? undefined, origins: undefined },
      this.config,
    );
    try {
      return calledOrigins(await connection.load());
    } catch (error) {
      throw invalid('the identity provider', [{ field: 'spec.issuer', message: `cannot be used: ${(error as Error).message}` }]);
    } finally {
      await connection.close();
    }
  }

  private encrypted(id: string, secret: string | null | undefined): string | undefined {
    return secret ? this.cipher.encrypt(secret, secretAddress(id)) : undefined;
  }

  private toResponse(row: IdentityProviderEntity): IdentityProviderResponse {
    return toIdentityProviderResponse(row, callbackUrl(this.endpoint.url, row.name));
  }
}

/** Where the issuer sends browsers back to. */
export const callbackUrl = (url: string, provider: string): string => `${url}/auth/v1/oidc/${provider}/callback`;
