import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that signs tokens, or one that no longer does and is kept for as long as a token that it signed may be valid. */
@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'signing_keys_pkey' })
  id: string;

  @Column({ name: 'public_key', type: 'text' })
  publicKey: string;

  /** Encrypted with the key outside the database; null when the key is retired: nobody needs it any more. */
  @Column({ name: 'private_key', type: 'text', nullable: true })
  privateKey: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt: Date | null;

  /** No token that the key has signed is valid later than this. */
  @Column({ name: 'covers_until', type: 'timestamptz' })
  coversUntil: Date;
}
