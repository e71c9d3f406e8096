import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import type { MembershipScope } from '../auth/membership.js';
import { ClusterEntity } from '../clusters/cluster.entity.js';
import { NamespaceEntity } from '../namespaces/namespace.entity.js';
import { ProjectEntity } from '../projects/project.entity.js';
import { UserEntity } from '../users/user.entity.js';

/** A role that a user or a group has in one place. Clusters know nothing of it: they know the groups that are sent for it. */
@Entity('memberships')
@Unique('memberships_subject_role_place_key', ['subject', 'role', 'place'])
export class MembershipEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'memberships_pkey' })
  id: string;

  /** `user/<name>` or `group/<name>`. */
  @Column({ type: 'text' })
  subject: string;

  /** The user, where it is one: a membership goes with its user. */
  @Index('memberships_user_name_idx')
  @Column({ name: 'user_name', type: 'text', nullable: true })
  userName: string | null;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'user_name', referencedColumnName: 'name', foreignKeyConstraintName: 'memberships_user_name_fkey' })
  user: UserEntity | null;

  @Column({ type: 'text' })
  role: string;

  @Column({ type: 'text' })
  scope: MembershipScope;

  /** What of a place is one: see `placeOf`. */
  @Index('memberships_place_idx')
  @Column({ type: 'text' })
  place: string;

  @Index('memberships_project_idx')
  @Column({ type: 'text', nullable: true })
  project: string | null;

  /** A membership goes with its project. */
  @ManyToOne(() => ProjectEntity, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'project', foreignKeyConstraintName: 'memberships_project_fkey' })
  projectRow: ProjectEntity | null;

  @Index('memberships_cluster_id_idx')
  @Column({ name: 'cluster_id', type: 'uuid', nullable: true })
  clusterId: string | null;

  @ManyToOne(() => ClusterEntity, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'cluster_id', foreignKeyConstraintName: 'memberships_cluster_id_fkey' })
  cluster: ClusterEntity | null;

  @Column({ type: 'text', nullable: true })
  namespace: string | null;

  /** And with its namespace, when that leaves the project. */
  @ManyToOne(() => NamespaceEntity, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn([
    { name: 'cluster_id', referencedColumnName: 'clusterId', foreignKeyConstraintName: 'memberships_namespace_fkey' },
    { name: 'namespace', referencedColumnName: 'name', foreignKeyConstraintName: 'memberships_namespace_fkey' },
  ])
  namespaceRow: NamespaceEntity | null;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
