import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { conflict, notFound } from '#errors';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import { ProjectEntity } from './project.entity.js';
import type { ProjectCluster } from './project-object.js';

/** What is stored of projects and of their clusters. */
@Injectable()
export class ProjectRows {
  constructor(
    private readonly database: DataSource,
    private readonly changes: IdentityChanges,
  ) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** Throws 404. */
  async get(name: string, manager: EntityManager = this.database.manager): Promise<ProjectEntity> {
    const row = await manager.findOneBy(ProjectEntity, { name });
    if (row === null) throw notFound('projects', name);
    return row;
  }

  /** In the order of names; without `names` all. */
  async list(names?: readonly string[]): Promise<ProjectEntity[]> {
    const select = this.database.manager.createQueryBuilder(ProjectEntity, 'p').orderBy('p.name');
    if (names !== undefined) select.where('p.name = any(:names)', { names });
    return select.getMany();
  }

  /** Which projects hold namespaces of these names, and where. */
  async holding(namespaces: readonly string[]): Promise<{ project: string; cluster: string; namespace: string }[]> {
    if (namespaces.length === 0) return [];
    return this.database.query(
      `select n.project, c.name as cluster, n.name as namespace from namespaces n join clusters c on c.id = n.cluster_id where n.name = any($1)`,
      [namespaces],
    );
  }

  /** Throws 409 when the name is taken. */
  async insert(manager: EntityManager, row: Omit<ProjectEntity, 'resourceVersion' | 'generation' | 'deletedAt'>): Promise<void> {
    const inserted = await manager.query<object[]>(
      `insert into projects (name, id, labels, annotations, resources, delete_policy, generation, resource_version, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, 1, nextval('projects_resource_version_seq'), $7, $8) on conflict do nothing returning 1`,
      [row.name, row.id, row.labels, row.annotations, row.resources, row.deletePolicy, row.createdBy, row.createdAt],
    );
    if (inserted.length === 0) throw conflict(`the project "${row.name}" exists already`, { kind: 'projects', name: row.name });
  }

  /** Throws 409 when the row has another version by now, or is being deleted. */
  async update(
    manager: EntityManager,
    { name, resourceVersion }: Pick<ProjectEntity, 'name' | 'resourceVersion'>,
    changed: Partial<Pick<ProjectEntity, 'labels' | 'annotations' | 'resources' | 'deletePolicy'>>,
  ): Promise<void> {
    const { affected } = await manager
      .createQueryBuilder()
      .update(ProjectEntity)
      .set({ ...changed, generation: () => 'generation + 1', resourceVersion: () => "nextval('projects_resource_version_seq')" })
      .where('name = :name and resourceVersion = :resourceVersion and deletedAt is null', { name, resourceVersion })
      .execute();
    if (affected !== 1)
      throw conflict(`the project "${name}" was changed by somebody else, or is being deleted: read it again`, { kind: 'projects', name });
  }

  /** From now on nothing is made in it. False when that is so already. */
  async markDeleted(manager: EntityManager, name: string): Promise<boolean> {
    const [rows] = await manager.query<[object[], number]>(
      `update projects set deleted_at = now(), resource_version = nextval('projects_resource_version_seq')
       where name = $1 and deleted_at is null returning 1`,
      [name],
    );
    return rows.length === 1;
  }

  async delete(manager: EntityManager, name: string): Promise<void> {
    await manager.delete(ProjectEntity, { name });
    await this.changes.publish({ project: name }, manager);
  }

  /** The clusters of projects, by project, in the order of names. */
  async clustersOf(projects: readonly string[], manager: EntityManager = this.database.manager): Promise<Map<string, ProjectCluster[]>> {
    const rows = await manager.query<(ProjectCluster & { project: string })[]>(
      `select pc.project, c.id, c.name, pc.hard, pc.type, pc.phase, pc.message
       from project_clusters pc join clusters c on c.id = pc.cluster_id where pc.project = any($1) and pc.phase <> 'Leaving' order by c.name`,
      [projects],
    );
    return Map.groupBy(rows, ({ project }) => project);
  }

  /** Adds a cluster or changes its quota. The row stays locked until the transaction ends. */
  async putCluster(
    manager: EntityManager,
    project: string,
    clusterId: string,
    { hard, type }: Pick<ProjectCluster, 'hard' | 'type'>,
  ): Promise<void> {
    await manager.query(
      `insert into project_clusters (project, cluster_id, hard, type, phase, message) values ($1, $2, $3, $4, 'Pending', '')
       on conflict on constraint project_clusters_pkey do update set hard = excluded.hard, type = excluded.type,
         phase = case project_clusters.phase when 'Leaving' then 'Pending' else project_clusters.phase end`,
      [project, clusterId, hard, type],
    );
    await this.changes.publish({ project }, manager);
  }

  async deleteCluster(manager: EntityManager, project: string, clusterId: string): Promise<void> {
    await manager.query('delete from project_clusters where project = $1 and cluster_id = $2', [project, clusterId]);
    await this.changes.publish({ project }, manager);
  }

  /** The cluster leaves the project when the project's own namespace in it is gone: see `NamespaceRows.drop`. */
  async markLeft(manager: EntityManager, project: string, clusterId: string): Promise<void> {
    await manager.query("update project_clusters set phase = 'Leaving' where project = $1 and cluster_id = $2", [project, clusterId]);
  }

  async setClusterPhase(project: string, clusterId: string, phase: ProjectCluster['phase'], message: string): Promise<void> {
    await this.database.query('update project_clusters set phase = $3, message = $4 where project = $1 and cluster_id = $2', [
      project,
      clusterId,
      phase,
      message,
    ]);
  }

  /** Clusters of projects where the project's own namespace is not there yet. */
  unprepared(): Promise<{ project: string; clusterId: string }[]> {
    return this.database.query(
      `select pc.project, pc.cluster_id as "clusterId" from project_clusters pc join projects p on p.name = pc.project
       where pc.phase in ('Pending', 'Failed') and p.deleted_at is null`,
    );
  }
}
