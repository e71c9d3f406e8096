import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { decodeJwt } from 'jose';
import type { EntityManager, Repository } from 'typeorm';
import type { Logger } from '#log';
import type { AccessScope } from '../auth/access-scope.js';
import { withoutIds } from '../auth/bound-scope.js';
import { PublicEndpoint } from '../http/public-endpoint.service.js';
import { type HeldClaims, IssuerTokens } from '../identityproviders/issuer-tokens.service.js';
import { type Issuer, Issuers } from '../identityproviders/issuers.service.js';
import { LOGGER } from '../logger.module.js';
import { OAuthError } from '../sessions/oauth-error.js';
import type { TokenResponse } from '../sessions/session-tokens.js';
import { TokenGrants } from '../sessions/token-grants.service.js';
import { TokensService } from '../tokens/tokens.service.js';
import { fulfils } from './claim-conditions.js';
import { narrowed, readScope, writeScope } from './requested-scope.js';
import { TrustRuleEntity } from './trust-rule.entity.js';
import { comesInDirectly } from './trust-rules.service.js';

type Parameters = Readonly<Record<string, string>>;

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const ACCESS_TOKEN = `${TOKEN_TYPE}access_token`;
const SUBJECT_TYPES = [`${TOKEN_TYPE}jwt`, `${TOKEN_TYPE}id_token`];
/** Longer than the clocks of issuers may lie apart: for so long a token counts after its end. */
const GRACE_SECONDS = 120;
const MAX_DESCRIPTION = 64;

/**
 * Gives a job a token for minutes in exchange for the one that its CI system gave it (RFC 8693): no secret is stored anywhere. What a
 * client asks for narrows what the rule of an administrator gives, and never widens it.
 */
@Injectable()
export class TokenExchange implements OnModuleInit {
  constructor(
    @InjectRepository(TrustRuleEntity) private readonly rules: Repository<TrustRuleEntity>,
    private readonly issuers: Issuers,
    private readonly issuerTokens: IssuerTokens,
    private readonly tokens: TokensService,
    private readonly grants: TokenGrants,
    private readonly endpoint: PublicEndpoint,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.grants.register(TOKEN_EXCHANGE, (parameters) => this.exchange(parameters));
  }

  private async exchange(parameters: Parameters): Promise<TokenResponse> {
    const { claims, rules } = await this.proven(subjectToken(parameters));
    const rule = this.choose(claims, rules, parameters.trust_rule);
    const scope = this.scopeOf(rule, parameters);
    return this.give(rule, claims, scope);
  }

  /** The claims of a job's token that holds, and the rules for whose audience it is meant. */
  private async proven(token: string): Promise<{ claims: HeldClaims; rules: TrustRuleEntity[] }> {
    const issuer = await this.issuerOf(token);
    if (issuer === undefined) throw doesNotHold();
    const { provider } = issuer;
    const all = await this.rules.findBy({ providerId: provider.id });
    const rules = all.filter(({ disabledAt, audience }) => disabledAt === null && !comesInDirectly(provider, audience));
    const claims = await this.issuerTokens.verify(
      issuer,
      token,
      rules.map(({ audience }) => audience),
    );
    if (claims === undefined) throw doesNotHold();
    return { claims, rules: rules.filter(({ audience }) => [claims.aud].flat().includes(audience)) };
  }

  private async issuerOf(token: string): Promise<Issuer | undefined> {
    try {
      return await this.issuers.find(decodeJwt(token).iss ?? '');
    } catch {
      throw doesNotHold();
    }
  }

  /** Where several rules hold the client says which: what a token is good for must not depend on the order of rules. */
  private choose(claims: HeldClaims, rules: readonly TrustRuleEntity[], name: string | undefined): TrustRuleEntity {
    const holding = rules.filter((rule) => (name === undefined || rule.name === name) && fulfils(claims, rule.conditions));
    const [rule] = holding;
    if (rule === undefined) {
      this.logger.info({ issuer: claims.iss, subject: claims.sub, rules: rules.map((found) => found.name) }, 'no trust rule accepts a job');
      throw doesNotHold();
    }
    if (holding.length > 1)
      throw new OAuthError(
        'invalid_request',
        `several trust rules accept this token: name one of ${holding.map((found) => found.name).join(', ')} in trust_rule`,
      );
    return rule;
  }

  private scopeOf({ scope }: TrustRuleEntity, { scope: text, audience, resource }: Parameters): AccessScope {
    const whole = withoutIds(scope);
    const clusters = [audience, resource === undefined ? undefined : this.clusterOf(resource)].filter((name) => name !== undefined);
    const target = clusters.length === 0 ? whole : narrowed(whole, { clusters: [...new Set(clusters)] });
    if (new Set(clusters).size > 1 || target === undefined)
      throw new OAuthError('invalid_target', 'audience and resource name one cluster of the trust rule: by its name, or by its URL here');
    if (text === undefined) return target;
    const asked = readScope(text);
    const found = asked && narrowed(target, asked);
    if (found === undefined)
      throw new OAuthError(
        'invalid_scope',
        'scope is made of cluster:<name>, project:<name>, namespace:<cluster>/<name>, verb:<verb> and read-only, and lies within the scope of the trust rule',
      );
    return found;
  }

  private clusterOf(resource: string): string {
    const prefix = `${this.endpoint.url}/kubernetes/`;
    const name = resource.startsWith(prefix) ? resource.slice(prefix.length).replace(/\/$/, '') : '';
    if (!/^[a-z0-9-]+$/.test(name))
      throw new OAuthError('invalid_target', `resource is the URL of a cluster here: ${prefix} and the name of the cluster`);
    return name;
  }

  private async give(rule: TrustRuleEntity, claims: HeldClaims, scope: AccessScope): Promise<TokenResponse> {
    const createdAt = await this.tokens.now();
    const seconds = rule.lifetimeMinutes * 60;
    const expiresAt = new Date((Math.floor(createdAt.getTime() / 1000) + seconds) * 1000);
    const { token } = await this.rules.manager.transaction(async (manager) => {
      await this.lock(manager, rule);
      await this.useOnce(manager, claims);
      return this.tokens.issue(
        {
          user: rule.userName,
          groups: rule.groups,
          description: claims.sub.slice(0, MAX_DESCRIPTION),
          createdBy: `trustrule/${rule.name}`,
          createdAt,
          expiresAt,
          trustRuleId: rule.id,
          scope: { ...scope, clusterIds: rule.scope.clusterIds, projectIds: rule.scope.projectIds },
        },
        manager,
      );
    });
    return {
      access_token: token,
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: seconds,
      scope: writeScope(scope),
      trust_rule: rule.name,
      subject: claims.sub,
    };
  }

  /** A rule or issuer that is changed at this moment gives no token that outlives the change. */
  private async lock(manager: EntityManager, { id, generation }: TrustRuleEntity): Promise<void> {
    const found = await manager.query<unknown[]>(
      `select 1 from trust_rules r join identity_providers p on p.id = r.provider_id
         where r.id = $1 and r.generation = $2 and p.disabled_at is null for share`,
      [id, generation],
    );
    if (found.length === 0) throw doesNotHold();
  }

  /** A token with an id works once; one without it can't be told from another, and works until its end. */
  private async useOnce(manager: EntityManager, { iss, jti, exp }: HeldClaims): Promise<void> {
    if (jti === undefined) return;
    await manager.query('delete from exchanged_tokens where expires_at < now()');
    const hash = createHash('sha256')
      .update(JSON.stringify([iss, jti]))
      .digest();
    const [row] = await manager.query<unknown[]>(
      'insert into exchanged_tokens (hash, expires_at) values ($1, to_timestamp($2)) on conflict do nothing returning 1',
      [hash, exp + GRACE_SECONDS],
    );
    if (row === undefined) throw new OAuthError('invalid_grant', 'the subject token was exchanged already: the job needs a new one');
  }
}

function subjectToken(parameters: Parameters): string {
  const { subject_token: token, subject_token_type: type, requested_token_type: requested = ACCESS_TOKEN } = parameters;
  if (token === undefined || type === undefined) throw new OAuthError('invalid_request', 'subject_token and subject_token_type are needed');
  if (!SUBJECT_TYPES.includes(type)) throw new OAuthError('invalid_request', `subject_token_type is one of ${SUBJECT_TYPES.join(', ')}`);
  if (requested !== ACCESS_TOKEN) throw new OAuthError('invalid_request', `requested_token_type is ${ACCESS_TOKEN}, or absent`);
  if (parameters.actor_token !== undefined || parameters.actor_token_type !== undefined)
    throw new OAuthError('invalid_request', 'a job acts as itself: there is no actor_token');
  return token;
}

/** Which part of it does not hold is nobody's business; the administrator finds it in the log. */
const doesNotHold = (): OAuthError =>
  new OAuthError('invalid_grant', 'the subject token does not hold, or no trust rule accepts it: an administrator finds why in the log');
