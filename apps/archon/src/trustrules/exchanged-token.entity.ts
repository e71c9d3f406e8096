import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A job's token with an id (`jti`) that was exchanged: it works once. Kept until the token itself has expired. */
@Entity('exchanged_tokens')
export class ExchangedTokenEntity {
  /** SHA-256 of issuer and id. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'exchanged_tokens_pkey' })
  hash: Buffer;

  @Index('exchanged_tokens_expires_at_idx')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
