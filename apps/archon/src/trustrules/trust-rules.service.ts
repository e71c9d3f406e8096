import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { EntityManager, Repository } from 'typeorm';
import { alreadyExists, conflict, invalid, notFound, type StatusCause } from '#errors';
import { isPrincipalName } from '#kubernetes';
import { toAccessScope } from '../auth/access-scope.dto.js';
import { uselessScope } from '../auth/access-scope.js';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { ScopeBinding } from '../auth/scope-binding.service.js';
import { isReservedName } from '../identityproviders/claimed-identity.js';
import { IdentityProviderEntity } from '../identityproviders/identity-provider.entity.js';
import { IdentityProvidersService } from '../identityproviders/identity-providers.service.js';
import { TokensService } from '../tokens/tokens.service.js';
import { conditionFaults } from './claim-conditions.js';
import { TrustRuleEntity } from './trust-rule.entity.js';
import {
  type CreateTrustRuleRequest,
  toTrustRuleResponse,
  type TrustRuleChange,
  type TrustRuleListResponse,
  type TrustRuleResponse,
  type UpdateTrustRuleRequest,
} from './trust-rules.dto.js';

interface WriteOptions {
  /** Checks everything and stores nothing. */
  dryRun: boolean;
}

const WHAT = 'the trust rule';
const DEFAULT_LIFETIME_MINUTES = 15;

/** Which jobs of which issuers are trusted, and with what. */
@Injectable()
export class TrustRulesService {
  constructor(
    @InjectRepository(TrustRuleEntity) private readonly rows: Repository<TrustRuleEntity>,
    @InjectRepository(IdentityProviderEntity) private readonly providers: Repository<IdentityProviderEntity>,
    private readonly tokens: TokensService,
    private readonly scopeBinding: ScopeBinding,
    private readonly changes: IdentityChanges,
    identityProviders: IdentityProvidersService,
  ) {
    identityProviders.onChange((providerId) => this.endTokensOf(providerId));
  }

  async list(): Promise<TrustRuleListResponse> {
    const rows = await this.rows.find({ relations: { provider: true }, order: { name: 'ASC' } });
    return { kind: 'TrustRuleList', items: rows.map((row) => toTrustRuleResponse(row, row.provider.name)) };
  }

  async get(name: string): Promise<TrustRuleResponse> {
    const row = await this.find(name);
    return toTrustRuleResponse(row, row.provider.name);
  }

  /** Throws 422 that names each field that is wrong: a rule that would let in more than it says is not stored. */
  async create(
    caller: Principal,
    { metadata: { name }, spec }: CreateTrustRuleRequest,
    { dryRun }: WriteOptions,
  ): Promise<TrustRuleResponse> {
    const provider = await this.providers.findOneBy({ name: spec.identityProvider });
    if (provider === null)
      throw invalid(WHAT, [{ field: 'spec.identityProvider', message: `"${spec.identityProvider}" is not registered: register it first` }]);
    const row = this.rows.create({
      id: randomUUID(),
      name,
      providerId: provider.id,
      ...(await this.changed(undefined, name, provider, spec)),
      generation: 1,
      createdBy: caller.user,
      createdAt: new Date(),
    });
    if (await this.rows.existsBy({ name })) throw alreadyExists(`trust rule "${name}" exists already`, { kind: 'trustrules', name });
    if (!dryRun) await this.rows.insert(row);
    return toTrustRuleResponse(row, provider.name);
  }

  async patch(name: string, { spec }: UpdateTrustRuleRequest, { dryRun }: WriteOptions): Promise<TrustRuleResponse> {
    const { provider, ...row } = await this.find(name);
    const changed = this.rows.create({ ...row, ...(await this.changed(row, name, provider, spec)), generation: row.generation + 1 });
    if (dryRun) return toTrustRuleResponse(changed, provider.name);
    await this.endingTokens(row.id, async (manager) => {
      const { affected } = await manager.update(TrustRuleEntity, { id: row.id, generation: row.generation }, changed);
      if (affected === 0)
        throw conflict(`trust rule "${name}" was changed by somebody else at the same time: try again`, { kind: 'trustrules', name });
    });
    return toTrustRuleResponse(changed, provider.name);
  }

  async delete(name: string): Promise<void> {
    const { id } = await this.find(name);
    const ended = await this.rows.manager.transaction(async (manager) => {
      await lock(manager, id);
      const tokens = await this.tokens.revokeOfRule(id, manager);
      await manager.delete(TrustRuleEntity, { id });
      return tokens;
    });
    await this.publish(ended);
  }

  /** An issuer that is trusted otherwise than before, or no more: the tokens that were given on its word end. */
  private async endTokensOf(providerId: string): Promise<void> {
    for (const { id } of await this.rows.findBy({ providerId })) await this.endingTokens(id, (manager) => lock(manager, id));
  }

  /** A change of a rule, and the end of the tokens that it gave before, in one. */
  private async endingTokens(id: string, change: (manager: EntityManager) => Promise<void>): Promise<void> {
    const ended = await this.rows.manager.transaction(async (manager) => {
      await change(manager);
      return this.tokens.revokeOfRule(id, manager);
    });
    await this.publish(ended);
  }

  private async publish(ended: readonly string[]): Promise<void> {
    await Promise.all(ended.map((credential) => this.changes.publish({ credential })));
  }

  /** The settings after a change of the fields that are given, checked. */
  private async changed(
    before: Omit<TrustRuleEntity, 'provider'> | undefined,
    name: string,
    provider: IdentityProviderEntity,
    spec: TrustRuleChange,
  ) {
    const wasDisabledAt = before?.disabledAt ?? null;
    const settings = {
      description: spec.description ?? before?.description ?? '',
      audience: spec.audience ?? before?.audience ?? '',
      conditions: spec.conditions?.map(({ claim, equals, glob }) => ({ claim, equals, glob })) ?? before?.conditions ?? [],
      userName: spec.user ?? before?.userName ?? `ci:${name}`,
      groups: spec.groups ?? before?.groups ?? [],
      lifetimeMinutes: spec.lifetimeMinutes ?? before?.lifetimeMinutes ?? DEFAULT_LIFETIME_MINUTES,
      disabledAt: (spec.disabled ?? wasDisabledAt !== null) ? (wasDisabledAt ?? new Date()) : null,
    };
    const scope = spec.scope === undefined ? undefined : toAccessScope(spec.scope);
    const causes: StatusCause[] = conditionFaults(settings.conditions, 'spec.conditions');
    if (comesInDirectly(provider, settings.audience))
      causes.push({
        field: 'spec.audience',
        message: `must be another one than those whose tokens come in directly through identity provider "${provider.name}"`,
      });
    for (const [index, group] of settings.groups.entries())
      if (!isPrincipalName(group) || isReservedName(group))
        causes.push({ field: `spec.groups[${index}]`, message: 'is reserved, or not a name that clusters accept' });
    const useless = scope && uselessScope(scope);
    if (useless !== undefined) causes.push({ field: 'spec.scope', message: useless });
    if (causes.length > 0) throw invalid(WHAT, causes);
    const bound = scope === undefined ? before?.scope : await this.scopeBinding.bind(scope, { what: WHAT, field: 'spec.scope' });
    return { ...settings, ...(bound === undefined ? {} : { scope: bound }) };
  }

  private async find(name: string): Promise<TrustRuleEntity> {
    const row = await this.rows.findOne({ where: { name }, relations: { provider: true } });
    if (row === null) throw notFound('trustrules', name);
    return row;
  }
}

/** One token must not count as two different users, depending on where it is sent. */
export const comesInDirectly = ({ clientId, audiences }: IdentityProviderEntity, audience: string): boolean =>
  clientId === audience || audiences.includes(audience);

/** Whoever gives a token by the rule locks it too, and comes before or after. */
async function lock(manager: EntityManager, id: string): Promise<void> {
  await manager.query('select 1 from trust_rules where id = $1 for update', [id]);
}
