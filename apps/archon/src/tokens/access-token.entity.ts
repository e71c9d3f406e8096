import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An API token. The token itself is not kept: only its SHA-256. */
@Entity('access_tokens')
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

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
