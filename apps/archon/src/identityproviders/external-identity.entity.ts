import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { UserEntity } from '../users/user.entity.js';

/** Who somebody is at an issuer. The pair of issuer and subject is the identity (OpenID Connect Core, 5.7), never a name or an email. */
@Entity('external_identities')
export class ExternalIdentityEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'external_identities_pkey' })
  issuer: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'external_identities_pkey' })
  subject: string;

  @Index('external_identities_user_id_idx', { unique: true })
  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'external_identities_user_id_fkey' })
  user: UserEntity;

  /** When the issuer said what the user's groups and roles here come from: what it said before that changes nothing any more. */
  @Column({ name: 'told_at', type: 'timestamptz' })
  toldAt: Date;
}
