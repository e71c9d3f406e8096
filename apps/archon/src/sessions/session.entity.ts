import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { UserEntity } from '../users/user.entity.js';

/** A login that goes on: refreshed by its client, ended by logout, by a change at its user, or by time. */
@Entity('sessions')
export class SessionEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'sessions_pkey' })
  id: string;

  @Index('sessions_user_id_idx')
  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'sessions_user_id_fkey' })
  user: UserEntity;

  /** The user's when the session began: another one there has ended it. */
  @Column({ type: 'integer' })
  generation: number;

  /** What proved the user: `password`, or the name of the issuer. */
  @Column({ type: 'text' })
  method: string;

  @Column({ type: 'text' })
  address: string;

  @Column({ name: 'user_agent', type: 'text' })
  userAgent: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'last_used_at', type: 'timestamptz' })
  lastUsedAt: Date;

  /** When it ends unless it is refreshed before. */
  @Index('sessions_expires_at_idx')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  /** When it ends however often it is refreshed. */
  @Column({ name: 'ends_at', type: 'timestamptz' })
  endsAt: Date;
}
