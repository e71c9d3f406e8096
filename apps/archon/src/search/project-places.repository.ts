import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Where projects have namespaces. */
@Injectable()
export class ProjectPlaces {
  constructor(private readonly database: DataSource) {}

  /** The namespaces of these projects together, by the name of their cluster. */
  async namespacesOf(projects: readonly string[]): Promise<Map<string, Set<string>>> {
    const rows = await this.database.query<{ cluster: string; namespaces: string[] }[]>(
      `select c.name as cluster, array_agg(n.name) as namespaces from namespaces n join clusters c on c.id = n.cluster_id
       where n.project = any($1) group by c.name`,
      [projects],
    );
    return new Map(rows.map(({ cluster, namespaces }) => [cluster, new Set(namespaces)]));
  }
}
