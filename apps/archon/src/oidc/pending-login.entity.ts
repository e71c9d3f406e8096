import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A login that is under way: a browser that was sent to the issuer (`state`), one that came back (`code`), or a device that waits
 * (`device`). Of what its holder has there is only the hash; it is removed by its first use.
 */
@Entity('pending_logins')
export class PendingLoginEntity {
  /** SHA-256 of 256 random bits that only the holder has. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'pending_logins_pkey' })
  hash: Buffer;

  @Column({ type: 'text' })
  kind: 'state' | 'code' | 'device';

  @Column({ type: 'text' })
  provider: string;

  /** What the next step needs, encrypted: nonce and verifier, or who has logged in. */
  @Column({ type: 'text' })
  sealed: string;

  /** Of a device: when it asked last. */
  @Column({ name: 'polled_at', type: 'timestamptz', nullable: true })
  polledAt: Date | null;

  @Index('pending_logins_expires_at_idx')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
