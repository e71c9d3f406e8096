import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { PlatformRole } from './platform-roles.js';

/** The source of users whose password Archon itself checks. Others carry the name of the issuer that vouches for them. */
export const LOCAL = 'local';
/** Of somebody who was named, for example as a member of a project, and has not come in yet. */
export const UNKNOWN_SOURCE = '-';

/** Somebody whom Archon knows: by a password of its own, or from a login at an identity provider. */
@Entity('users')
@Unique('users_name_key', ['name'])
@Unique('users_object_name_key', ['objectName'])
export class UserEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'users_pkey' })
  id: string;

  /** The user's name in clusters, tokens and the audit log; for people their email. Never changes. */
  @Column({ type: 'text' })
  name: string;

  /** How the official API calls the user: the MD5 of the name in hexadecimal digits. */
  @Column({ name: 'object_name', type: 'text' })
  objectName: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  @Column({ type: 'text' })
  source: string;

  /** Argon2id with its parameters, as a PHC string; null for who has no password here. */
  @Column({ type: 'text', nullable: true })
  password: string | null;

  @Column({ name: 'must_change_password', type: 'boolean' })
  mustChangePassword: boolean;

  /** Counts what ends all sessions at once: a session that was begun before the last such change is not opened any more. */
  @Column({ type: 'integer' })
  generation: number;

  @Column({ type: 'text', array: true })
  roles: PlatformRole[];

  /** What an identity provider told at the last login, with the prefix of its issuer. */
  @Column({ name: 'told_groups', type: 'text', array: true })
  toldGroups: string[];

  @Column({ name: 'disabled_at', type: 'timestamptz', nullable: true })
  disabledAt: Date | null;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'last_login_at', type: 'timestamptz', nullable: true })
  lastLoginAt: Date | null;
}
