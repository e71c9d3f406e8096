import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { invalid, notFound } from '#errors';
import type { ProjectDirectory } from '../members/project-directory.js';
import { storageClassOf } from '../quotas/quota-names.js';
import { ProjectRows } from './project-rows.repository.js';

/** Which projects there are, where, and what belongs to them. */
@Injectable()
export class ProjectsDirectory implements ProjectDirectory {
  constructor(
    private readonly database: DataSource,
    private readonly projects: ProjectRows,
  ) {}

  async has(project: string): Promise<boolean> {
    return (await this.projects.list([project])).length === 1;
  }

  async clustersOf(project: string): Promise<string[]> {
    return ((await this.projects.clustersOf([project])).get(project) ?? []).map(({ name }) => name);
  }

  async projectOf(cluster: string, namespace: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ project: string }[]>(
      'select n.project from namespaces n join clusters c on c.id = n.cluster_id where c.name = $1 and n.name = $2',
      [cluster, namespace],
    );
    return row?.project;
  }

  namespacesOf(project: string): Promise<{ cluster: string; namespace: string }[]> {
    return this.database.query(
      `select c.name as cluster, n.name as namespace from namespaces n join clusters c on c.id = n.cluster_id
       where n.project = $1 and not n.is_inner order by n.name, c.name`,
      [project],
    );
  }

  /** Throws 422 for a quota of a storage class that the project may not use (NS-3); 404 without the project. */
  async requireStorageClasses(project: string, quotaKeys: readonly string[]): Promise<void> {
    const [row] = await this.projects.list([project]);
    if (row === undefined) throw notFound('projects', project);
    const causes = quotaKeys.flatMap((key) => {
      const storageClass = storageClassOf(key);
      if (storageClass === undefined || row.resources.storageClasses.includes(storageClass)) return [];
      return [
        {
          field: `quota[${key}]`,
          message: `the storage class "${storageClass}" is not assigned to the project "${project}": a platform administrator can do that`,
        },
      ];
    });
    if (causes.length > 0) throw invalid('the namespace', causes);
  }
}
