import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { BoundScope } from '../auth/bound-scope.js';
import { TrustRuleEntity } from '../trustrules/trust-rule.entity.js';

/** An API token. The token itself is not kept: only an HMAC of it, see `TokenHash`. */
@Entity('access_tokens')
@Index('access_tokens_created_at_idx', ['createdAt', 'id'])
export class AccessTokenEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'access_tokens_pkey' })
  id: string;

  @Index('access_tokens_user_name_idx')
  @Column({ name: 'user_name', type: 'text' })
  userName: string;

  @Column({ type: 'text' })
  description: string;

  @Column({ type: 'bytea' })
  hash: Buffer;

  /** What it is good for; null: all that its user may do. */
  @Column({ type: 'jsonb', nullable: true })
  scope: BoundScope | null;

  /** The trust rule by which a job got it; null for one that somebody made. It ends with the rule. */
  @Index('access_tokens_trust_rule_id_idx')
  @Column({ name: 'trust_rule_id', type: 'uuid', nullable: true })
  trustRuleId: string | null;

  @ManyToOne(() => TrustRuleEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'trust_rule_id', foreignKeyConstraintName: 'access_tokens_trust_rule_id_fkey' })
  trustRule: TrustRuleEntity | null;

  /** The groups that a trust rule gives; null: those of its user. */
  @Column({ type: 'text', array: true, nullable: true })
  groups: string[] | null;

  /** The token with a scope with which this one was made: it ends with that one. */
  @Column({ name: 'parent_id', type: 'uuid', nullable: true })
  parentId: string | null;

  /** The token that took its place in a rotation. */
  @Column({ name: 'replaced_by', type: 'uuid', nullable: true })
  replacedBy: string | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;

  /** Address of the client that last used it. */
  @Column({ name: 'last_used_from', type: 'text', nullable: true })
  lastUsedFrom: string | null;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Index('access_tokens_expires_at_idx')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
