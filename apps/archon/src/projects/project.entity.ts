import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** What a project may use besides quotas (PRJ-5): names of objects that belong to the platform. */
export interface ProjectResources {
  storageClasses: string[];
  chartRepositories: string[];
  imageRegistries: string[];
  codeRepositories: string[];
}

/** A project. Its namespaces, quotas and members refer to it by name. */
@Entity('projects')
@Unique('projects_id_key', ['id'])
export class ProjectEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'projects_pkey' })
  name: string;

  @Column({ type: 'uuid' })
  id: string;

  @Column({ type: 'jsonb' })
  labels: Record<string, string>;

  @Column({ type: 'jsonb' })
  annotations: Record<string, string>;

  @Column({ type: 'jsonb' })
  resources: ProjectResources;

  /** What becomes of its namespaces when it is deleted and the request does not say it. */
  @Column({ name: 'delete_policy', type: 'text' })
  deletePolicy: 'Retain' | 'Delete';

  /** Of what is asked for: each change of it counts. */
  @Column({ type: 'integer' })
  generation: number;

  /** Of the last change, among all changes of all projects. */
  @Column({ name: 'resource_version', type: 'bigint' })
  resourceVersion: string;

  /** Since when it is being deleted: nothing more is made in it. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
