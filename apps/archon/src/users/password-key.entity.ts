import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The key with which clients encrypt passwords on their way here. The private half is encrypted with the key outside the database. */
@Entity('password_keys')
export class PasswordKeyEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'password_keys_pkey' })
  id: string;

  @Column({ name: 'public_key', type: 'text' })
  publicKey: string;

  @Column({ name: 'private_key', type: 'text' })
  privateKey: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
