import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RoleLevel, RoleRule } from './role.js';

/** A role that an administrator wrote. */
@Entity('custom_roles')
export class CustomRoleEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'custom_roles_pkey' })
  name: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  @Column({ type: 'text' })
  description: string;

  /** Never changes: members have it where roles of this level may be given. */
  @Column({ type: 'text' })
  level: RoleLevel;

  @Column({ type: 'jsonb' })
  rules: RoleRule[];

  /** Counts changes. */
  @Column({ type: 'integer' })
  generation: number;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
