import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import type { BoundScope } from '../auth/bound-scope.js';
import { IdentityProviderEntity } from '../identityproviders/identity-provider.entity.js';
import type { ClaimCondition } from './claim-conditions.js';

/** Which jobs of an issuer may exchange their token for one of Archon's, and what that one is good for. */
@Entity('trust_rules')
@Unique('trust_rules_name_key', ['name'])
export class TrustRuleEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'trust_rules_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Index('trust_rules_provider_id_idx')
  @Column({ name: 'provider_id', type: 'uuid' })
  providerId: string;

  /** A rule goes with the issuer that it trusts, and the tokens that it gave with the rule. */
  @ManyToOne(() => IdentityProviderEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'provider_id', foreignKeyConstraintName: 'trust_rules_provider_id_fkey' })
  provider: IdentityProviderEntity;

  /** For whom the job's token must be meant. */
  @Column({ type: 'text' })
  audience: string;

  @Column({ type: 'jsonb' })
  conditions: ClaimCondition[];

  /** As whom the job acts. */
  @Column({ name: 'user_name', type: 'text' })
  userName: string;

  @Column({ type: 'text', array: true })
  groups: string[];

  @Column({ type: 'jsonb' })
  scope: BoundScope;

  @Column({ name: 'lifetime_minutes', type: 'integer' })
  lifetimeMinutes: number;

  @Column({ type: 'text' })
  description: string;

  /** Counts changes: a token is given by the rule as it is, or not at all. */
  @Column({ type: 'integer' })
  generation: number;

  @Column({ name: 'disabled_at', type: 'timestamptz', nullable: true })
  disabledAt: Date | null;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
