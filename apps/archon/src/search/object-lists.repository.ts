import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { KubernetesObject } from '#kubernetes';
import { type Selection, selectionConditions } from './selection-sql.js';
import { behind, joinsOf, orderBy, type SortKey } from './sort-keys.js';
import { SqlParameters } from './sql-parameters.js';

/** What of a kind a list is about. Nothing outside of the places is counted or shown. */
export interface ListedObjects {
  kind: number;
  places: {
    /** Numbers of clusters of which everything is shown. */
    clusters: readonly number[];
    /** Numbers of namespaces. */
    namespaces: readonly number[];
    /** Single objects by name, outside of namespaces. */
    names: readonly { cluster: number; name: string }[];
  };
  selection: Selection;
  sort: readonly SortKey[];
  /** The keys of the last row that was shown. */
  after?: readonly string[] | undefined;
}

export interface ListedRow {
  cluster: number;
  body: KubernetesObject;
  /** What of it the next page begins behind. */
  keys: string[];
}

/** What can be counted. */
export type Facet = 'status' | 'cluster' | 'namespace' | `label:${string}`;

/** Lists of the object index. */
@Injectable()
export class ObjectLists {
  constructor(private readonly database: DataSource) {}

  page(list: ListedObjects, limit: number): Promise<ListedRow[]> {
    const parameters = new SqlParameters();
    const from = fromWhere(list, parameters);
    const { order, values } = orderBy(list.sort, parameters);
    return this.database.query(
      `select o.cluster, o.body, ${values} as keys ${from} order by ${order} limit ${parameters.add(limit, 'int')}`,
      parameters.values,
    );
  }

  async count(list: ListedObjects): Promise<number> {
    const parameters = new SqlParameters();
    const [row] = await this.database.query<{ count: number }[]>(
      `select count(*)::int as count ${fromWhere(list, parameters)}`,
      parameters.values,
    );
    return row?.count ?? 0;
  }

  /** How many there are of each value, most frequent first, at most `limit` values. Clusters and namespaces by their numbers. */
  async facet(list: ListedObjects, facet: Facet, limit: number): Promise<{ value: string; count: number }[]> {
    const parameters = new SqlParameters();
    const from = fromWhere({ ...list, after: undefined }, parameters);
    return this.database.query(
      `select ${facetExpression(facet, parameters)} as value, count(*)::int as count ${from}
       group by 1 order by 2 desc, 1 limit ${parameters.add(limit, 'int')}`,
      parameters.values,
    );
  }
}

function facetExpression(facet: Facet, parameters: SqlParameters): string {
  if (facet === 'status') return 'o.status';
  if (facet === 'cluster') return 'o.cluster::text';
  if (facet === 'namespace') return 'o.namespace::text';
  return `coalesce(o.labels ->> ${parameters.add(facet.slice('label:'.length), 'text')}, '')`;
}

function fromWhere({ kind, places, selection, sort, after }: ListedObjects, parameters: SqlParameters): string {
  const joins = joinsOf(sort);
  const conditions = [
    `o.kind = ${parameters.add(kind, 'int')}`,
    placeCondition(places, parameters),
    ...selectionConditions(selection, parameters),
    ...(after === undefined ? [] : [behind(sort, after, parameters)]),
  ];
  return [
    'from objects o',
    joins.namespace ? 'join indexed_namespaces n on n.id = o.namespace' : '',
    joins.cluster ? 'join indexed_clusters i on i.id = o.cluster join clusters c on c.id = i.cluster_id' : '',
    `where ${conditions.map((condition) => `(${condition})`).join(' and ')}`,
  ].join(' ');
}

function placeCondition({ clusters, namespaces, names }: ListedObjects['places'], parameters: SqlParameters): string {
  const sides = [
    ...(clusters.length === 0 ? [] : [`o.cluster = any(${parameters.add(clusters, 'int[]')})`]),
    ...(namespaces.length === 0 ? [] : [`o.namespace = any(${parameters.add(namespaces, 'int[]')})`]),
    ...(names.length === 0
      ? []
      : [
          `(o.cluster, o.name) in (select place.cluster, place.name collate "C" from unnest(${parameters.add(
            names.map(({ cluster }) => cluster),
            'int[]',
          )}, ${parameters.add(
            names.map(({ name }) => name),
            'text[]',
          )}) as place (cluster, name))`,
        ]),
  ];
  return sides.length === 0 ? 'false' : sides.join(' or ');
}
