import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { KubernetesObject } from '#kubernetes';
import { type Selection, selectionConditions } from './selection-sql.js';
import { behind, joinsOf, keyExpressions, type SortKey } from './sort-keys.js';
import { SqlParameters } from './sql-parameters.js';

/** Where objects of one kind are shown. Nothing outside of it is counted either. */
export interface ShownKind {
  /** The number of the kind. */
  kind: number;
  /** Numbers of clusters of which everything is shown. */
  clusters: readonly number[];
  /** Numbers of namespaces. */
  namespaces: readonly number[];
  /** Single objects by name, outside of namespaces. */
  names: readonly { cluster: number; name: string }[];
}

/** What a list is about. */
export interface ListedObjects {
  kinds: readonly ShownKind[];
  selection: Selection;
  sort: readonly SortKey[];
  /** The keys of the last row that was shown. */
  after?: readonly string[] | undefined;
}

export interface ListedRow {
  cluster: number;
  uid: string;
  status: string;
  body: KubernetesObject;
  /** What of it the next page begins behind. */
  keys: string[];
}

const EVERYTHING: Selection = { labels: [], fields: [] };

/** What can be counted. */
export type Facet = 'status' | 'cluster' | 'namespace' | 'kind' | `label:${string}`;

/** Lists of the object index. */
@Injectable()
export class ObjectLists {
  constructor(private readonly database: DataSource) {}

  /** Each kind gives its own first rows, of which the first of all are shown: each is found by the indexes of its partition. */
  async page(list: ListedObjects, limit: number): Promise<ListedRow[]> {
    if (list.kinds.length === 0) return [];
    const parameters = new SqlParameters();
    const keys = keyExpressions(list.sort, parameters);
    const columns = keys.map((expression, index) => `${expression} as key${index}`).join(', ');
    const order = list.sort.map(({ isDescending }, index) => `key${index}${isDescending ? ' desc' : ''}`).join(', ');
    const most = parameters.add(limit, 'int');
    const parts = wheres(list, parameters).map(
      (from) => `(select o.cluster, o.uid, o.status, o.body, ${columns} ${from} order by ${order} limit ${most})`,
    );
    return this.database.query(
      `select cluster, uid, status, body, array[${keys.map((_, index) => `key${index}::text`).join(', ')}] as keys
       from (${parts.join(' union all ')}) as listed order by ${order} limit ${most}`,
      parameters.values,
    );
  }

  /** How the objects of these places stand to others, of at most so many. */
  async relations(kinds: readonly ShownKind[], limit: number): Promise<RelationsRow[]> {
    if (kinds.length === 0) return [];
    const parameters = new SqlParameters();
    const columns = `o.kind, o.uid, o.name, o.owners, o.refs, o.labels, o.body #> '{spec,selector}' as selector`;
    const parts = wheres({ kinds, selection: EVERYTHING, sort: [] }, parameters).map((from) => `select ${columns} ${from}`);
    return this.database.query(`${parts.join(' union all ')} limit ${parameters.add(limit, 'int')}`, parameters.values);
  }

  /** Objects by their UIDs. */
  byUid(cluster: number, kinds: readonly number[], uids: readonly string[]): Promise<Omit<ListedRow, 'keys'>[]> {
    return this.database.query(
      'select o.cluster, o.status, o.uid, o.body from objects o where o.kind = any($1::int[]) and o.cluster = $2 and o.uid = any($3::uuid[])',
      [kinds, cluster, uids],
    );
  }

  /** The versions of all objects of a kind of a cluster, by UID. */
  async versions(kind: number, cluster: number): Promise<Map<string, string>> {
    const rows = await this.database.query<{ uid: string; version: string }[]>(
      'select o.uid, o.resource_version as version from objects o where o.kind = $1 and o.cluster = $2',
      [kind, cluster],
    );
    return new Map(rows.map(({ uid, version }) => [uid, version]));
  }

  /** How many objects the whole list has. */
  async count(list: ListedObjects): Promise<number> {
    if (list.kinds.length === 0) return 0;
    const parameters = new SqlParameters();
    const { table, number } = countedIn(list);
    const parts = wheres({ ...list, after: undefined, sort: [] }, parameters, table).map((from) => `(select ${number} ${from})`);
    const [row] = await this.database.query<{ count: number }[]>(`select (${parts.join(' + ')})::int as count`, parameters.values);
    return row?.count ?? 0;
  }

  /**
   * How many there are of each value in the whole list, most frequent first, at most `limit` values. Clusters, namespaces and kinds by their
   * numbers.
   */
  async facet(list: ListedObjects, facet: Facet, limit: number): Promise<{ value: string; count: number }[]> {
    if (list.kinds.length === 0) return [];
    const parameters = new SqlParameters();
    const { table, number } = facet.startsWith('label:') ? ONE_BY_ONE : countedIn(list);
    const value = facetExpression(facet, parameters);
    const parts = wheres({ ...list, after: undefined, sort: [] }, parameters, table).map(
      (from) => `select ${value} as value, ${number} as count ${from} group by 1`,
    );
    return this.database.query(
      `select value::text, sum(count)::int as count from (${parts.join(' union all ')}) as counted where count > 0
       group by value order by 2 desc, 1 limit ${parameters.add(limit, 'int')}`,
      parameters.values,
    );
  }
}

/** Where objects are counted: `number` is an aggregate over rows `o` of the table. */
interface CountedIn {
  table: 'objects' | 'object_counts';
  number: string;
}
const ONE_BY_ONE: CountedIn = { table: 'objects', number: 'count(*)' };
const SUMS: CountedIn = { table: 'object_counts', number: 'coalesce(sum(o.count), 0)' };

/** The sums know places and states alone. */
function countedIn({ kinds, selection: { statuses: _, labels, fields, ...others } }: ListedObjects): CountedIn {
  const isWhole = labels.length === 0 && fields.length === 0 && Object.values(others).every((value) => value === undefined);
  return isWhole && kinds.every(({ names }) => names.length === 0) ? SUMS : ONE_BY_ONE;
}

/** The relations of an object: see `TopologyObject`. */
export interface RelationsRow {
  kind: number;
  uid: string;
  name: string;
  owners: string[];
  refs: string[];
  labels: Record<string, string>;
  selector: unknown;
}

function facetExpression(facet: Facet, parameters: SqlParameters): string {
  if (facet === 'status') return 'o.status';
  if (facet === 'cluster' || facet === 'namespace' || facet === 'kind') return `o.${facet}`;
  return `coalesce(o.labels ->> ${parameters.add(facet.slice('label:'.length), 'text')}, '')`;
}

/** From where rows of each kind come, and which. */
function wheres(
  { kinds, selection, sort, after }: ListedObjects,
  parameters: SqlParameters,
  table: CountedIn['table'] = 'objects',
): string[] {
  const joins = joinsOf(sort);
  const common = [...selectionConditions(selection, parameters), ...(after === undefined ? [] : [behind(sort, after, parameters)])].map(
    (condition) => ` and (${condition})`,
  );
  const from = [
    `from ${table} o`,
    joins.namespace ? 'join indexed_namespaces n on n.id = o.namespace' : '',
    joins.cluster ? 'join indexed_clusters i on i.id = o.cluster join clusters c on c.id = i.cluster_id' : '',
  ].join(' ');
  return kinds.map(
    (shown) => `${from} where o.kind = ${parameters.add(shown.kind, 'int')} and (${placeCondition(shown, parameters)})${common.join('')}`,
  );
}

function placeCondition({ clusters, namespaces, names }: ShownKind, parameters: SqlParameters): string {
  const sides: string[] = [];
  if (clusters.length > 0) sides.push(`o.cluster = any(${parameters.add(clusters, 'int[]')})`);
  if (namespaces.length > 0) sides.push(`o.namespace = any(${parameters.add(namespaces, 'int[]')})`);
  if (names.length > 0) {
    const ofClusters = parameters.add(
      names.map(({ cluster }) => cluster),
      'int[]',
    );
    const ofNames = parameters.add(
      names.map(({ name }) => name),
      'text[]',
    );
    sides.push(
      `(o.cluster, o.name) in (select place.cluster, place.name collate "C" from unnest(${ofClusters}, ${ofNames}) as place (cluster, name))`,
    );
  }
  return sides.length === 0 ? 'false' : sides.join(' or ');
}
