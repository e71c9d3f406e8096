import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { invalid } from '#errors';
import type { AccessScope } from './access-scope.js';
import { type BoundScope, clustersNamedIn } from './bound-scope.js';

/** Binds the clusters that a scope names to their registrations, so that another cluster under an old name is never reached (T9). */
@Injectable()
export class ScopeClusters {
  constructor(private readonly database: DataSource) {}

  /** Throws 422 for a name under which no cluster is registered. `what` and `field`: where the scope stands. */
  async bind(scope: AccessScope, { what, field }: { what: string; field: string }): Promise<BoundScope> {
    const names = clustersNamedIn(scope);
    if (names.length === 0) return scope;
    const rows = await this.database.query<{ name: string; id: string }[]>('select name, id from clusters where name = any($1)', [names]);
    const clusterIds = Object.fromEntries(rows.map(({ name, id }) => [name, id]));
    const unknown = names.filter((name) => !Object.hasOwn(clusterIds, name));
    if (unknown.length > 0)
      throw invalid(
        what,
        unknown.map((name) => ({ field, message: `names the cluster "${name}", which is not registered: register it first` })),
      );
    return { ...scope, clusterIds };
  }
}
