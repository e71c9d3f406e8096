import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { invalid } from '#errors';
import type { AccessScope } from './access-scope.js';
import { type BoundScope, clustersNamedIn } from './bound-scope.js';

/** Binds the clusters and projects that a scope names to their ids, so that another one under an old name is never reached (T9). */
@Injectable()
export class ScopeBinding {
  constructor(private readonly database: DataSource) {}

  /** Throws 422 for a name that no cluster or project has. `what` and `field`: where the scope stands. */
  async bind(scope: AccessScope, { what, field }: { what: string; field: string }): Promise<BoundScope> {
    const [clusters, projects] = [clustersNamedIn(scope), [...(scope.projects ?? [])]];
    const [clusterIds, projectIds] = await Promise.all([this.idsOf('clusters', clusters), this.idsOf('projects', projects)]);
    const faults = [
      ...without(clusterIds, clusters).map((name) => `names the cluster "${name}", which is not registered: register it first`),
      ...without(projectIds, projects).map((name) => `names the project "${name}", which does not exist: create it first`),
    ];
    if (faults.length > 0)
      throw invalid(
        what,
        faults.map((message) => ({ field, message })),
      );
    return {
      ...scope,
      ...(clusters.length === 0 ? {} : { clusterIds }),
      ...(projects.length === 0 ? {} : { projectIds }),
    };
  }

  private async idsOf(table: 'clusters' | 'projects', names: readonly string[]): Promise<Record<string, string>> {
    if (names.length === 0) return {};
    const rows = await this.database.query<{ name: string; id: string }[]>(`select name, id from ${table} where name = any($1)`, [names]);
    return Object.fromEntries(rows.map(({ name, id }) => [name, id]));
  }
}

const without = (ids: Readonly<Record<string, string>>, names: readonly string[]): string[] =>
  names.filter((name) => !Object.hasOwn(ids, name));
