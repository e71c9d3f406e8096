import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { ClaimRules } from './claimed-identity.js';

/** An OpenID Connect issuer whose word about its users counts here. */
@Entity('identity_providers')
@Unique('identity_providers_name_key', ['name'])
@Unique('identity_providers_issuer_key', ['issuer'])
export class IdentityProviderEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'identity_providers_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  /** As the issuer writes it in its tokens. Never changes: users are bound to it. */
  @Column({ type: 'text' })
  issuer: string;

  /** Null: nobody logs in through this issuer; its tokens count only where a trust rule says so. */
  @Column({ name: 'client_id', type: 'text', nullable: true })
  clientId: string | null;

  /** Encrypted. */
  @Column({ name: 'client_secret', type: 'text', nullable: true })
  clientSecret: string | null;

  /** Beside the client id: for whom a token may be meant that is sent to the API directly. */
  @Column({ type: 'text', array: true })
  audiences: string[];

  @Column({ type: 'text', array: true })
  algorithms: string[];

  @Column({ type: 'jsonb' })
  rules: ClaimRules;

  @Column({ type: 'text', array: true })
  scopes: string[];

  @Column({ name: 'certificate_authority', type: 'text', nullable: true })
  certificateAuthority: string | null;

  /** Origins of the issuer's endpoints when an administrator last saved it: nothing is sent to any other. */
  @Column({ type: 'text', array: true })
  origins: string[];

  @Column({ name: 'disabled_at', type: 'timestamptz', nullable: true })
  disabledAt: Date | null;

  /** Counts changes: what was opened or remembered for another one is not used any more. */
  @Column({ type: 'integer' })
  generation: number;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
