import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { BoundedReads } from '#database';
import type { KubernetesObject } from '#kubernetes';
import { isWalkable, type ListedObjects, placed, type RowsFrom, type ShownKind, sortStatement, walkStatement } from './list-sql.js';
import type { Selection } from './selection-sql.js';
import { SqlParameters } from './sql-parameters.js';

export interface ListedRow {
  cluster: number;
  uid: string;
  status: string;
  body: KubernetesObject;
  /** What of it the next page begins behind. */
  keys: string[];
}

/** The first rows of a list; how many it has in all, where that came with them. */
export interface ListedPage {
  rows: ListedRow[];
  total?: number | undefined;
}

/** What can be counted. */
export type Facet = 'status' | 'cluster' | 'namespace' | 'kind' | `label:${string}`;

/** How many objects a list has, and of each facet how many of each value, most frequent first. Clusters, namespaces and kinds by their numbers. */
export interface Tally {
  total: number;
  facets: { value: string; count: number }[][];
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

/** Rows that a list reads in its order before it finds its rows otherwise: of what one row in twenty has, the first hold a page. */
const [WALK, LONG_WALK] = [2000, 10_000];
/** For so long a list whose rows are far apart is not walked through again. */
const FAR_APART_MS = 60_000;
const EVERYTHING: Selection = { labels: [], fields: [] };

/** Lists of the object index. */
@Injectable()
export class ObjectLists {
  private readonly farApart = new LRUCache<string, true>({ max: 1000, ttl: FAR_APART_MS });

  constructor(private readonly reads: BoundedReads) {}

  /**
   * The first rows: from an index that has their order, where a walk through it comes upon enough of them; else of all that belong to the list, found by what
   * they have in common. `isCounted` asks for the total, where that comes with them at little cost.
   * A list that was walked through in vain is found by the other way at once for a while.
   */
  async page(list: ListedObjects, limit: number, { isCounted = false } = {}): Promise<ListedPage> {
    if (list.kinds.length === 0) return { rows: [], total: 0 };
    const key = isWalkable(list) ? walkKey(list) : undefined;
    if (key !== undefined && !this.farApart.has(key)) {
      const walked = await this.walked(list, limit, isCounted);
      if (walked !== undefined) return walked;
      this.farApart.set(key, true);
    }
    return this.sorted(list, limit, isCounted);
  }

  /** Undefined where that is a long walk. A second one is as long as the first one shows that it must be. */
  private async walked(list: ListedObjects, limit: number, isCounted: boolean): Promise<ListedPage | undefined> {
    let walk = Math.max(2 * limit, Math.ceil(WALK / list.kinds.length));
    for (let turn = 0; turn < 2; turn++) {
      const parameters = new SqlParameters();
      const counted = isCounted && hasSums(list, []) ? sumOf(list, parameters) : 'null';
      const statement = walkStatement(list, { limit, walk, counted }, parameters);
      const rows = await this.reads.query<(ListedRow & { is_whole: boolean; found: number; total: number | null })[]>(
        statement,
        parameters.values,
      );
      if (rows[0]?.is_whole === true) return { rows: rows.filter(({ uid }) => uid !== null), total: rows[0].total ?? undefined };
      walk = Math.ceil((1.5 * walk * limit) / Math.max(1, rows[0]?.found ?? 0));
      if (list.kinds.length > 1 || walk > LONG_WALK) break;
    }
    return undefined;
  }

  private async sorted(list: ListedObjects, limit: number, isCounted: boolean): Promise<ListedPage> {
    const parameters = new SqlParameters();
    const statement = sortStatement(list, limit, isCounted && list.after === undefined, parameters);
    const rows = await this.reads.query<(ListedRow & { total: number | null })[]>(statement, parameters.values);
    return { rows, total: rows[0]?.total ?? undefined };
  }

  /** How the objects of these places stand to others, of at most so many. */
  async relations(kinds: readonly ShownKind[], limit: number): Promise<RelationsRow[]> {
    if (kinds.length === 0) return [];
    const parameters = new SqlParameters();
    const list = { kinds, selection: EVERYTHING, sort: [] };
    const parts = kinds.map((shown) => `select o.* ${placed(list, shown, parameters)}`);
    return this.reads.query(
      `select o.kind, o.uid, o.name, coalesce(o.owners, '{}') as owners, b.refs, o.labels, b.body #> '{spec,selector}' as selector
       from (${parts.join(' union all ')} limit ${parameters.add(limit, 'int')}) as o
       join object_bodies b on b.kind = o.kind and b.cluster = o.cluster and b.uid = o.uid`,
      parameters.values,
    );
  }

  /** Objects by their UIDs. */
  byUid(cluster: number, kinds: readonly number[], uids: readonly string[]): Promise<Omit<ListedRow, 'keys'>[]> {
    return this.reads.query(
      `select o.cluster, o.status, o.uid, b.body from objects o join object_bodies b on b.kind = o.kind and b.cluster = o.cluster and b.uid = o.uid
       where o.kind = any($1::int[]) and o.cluster = $2 and o.uid = any($3::uuid[])`,
      [kinds, cluster, uids],
    );
  }

  /** The versions of all objects of a kind of a cluster, by UID. */
  async versions(kind: number, cluster: number): Promise<Map<string, string>> {
    const rows = await this.reads.query<{ uid: string; version: string }[]>(
      'select uid, resource_version as version from object_bodies where kind = $1 and cluster = $2',
      [kind, cluster],
    );
    return new Map(rows.map(({ uid, version }) => [uid, version]));
  }

  /** Counts the whole list once, for all facets together; at most `limit` values of each. */
  async tally(list: ListedObjects, facets: readonly Facet[], limit: number): Promise<Tally> {
    const tally: Tally = { total: 0, facets: facets.map(() => []) };
    if (list.kinds.length === 0) return tally;
    const parameters = new SqlParameters();
    const whole = { ...list, after: undefined, sort: [] };
    const { from, number } = countedIn(list, facets);
    const values = facets.map((facet, index) => `${facetExpression(facet, parameters)} as value${index}`);
    const groups = facets.map((_, index) => `value${index}`).join(', ');
    const parts = list.kinds.map(
      (shown) =>
        `select ${[`${number}::int as count`, ...values].join(', ')} ${placed(whole, shown, parameters, from)} ${groups === '' ? '' : `group by ${groups}`}`,
    );
    const most = facets.length === 0 ? '' : parameters.add(limit, 'int');
    const counts = facets.map(
      (_, index) =>
        `(select ${index} as facet, value${index} as value, sum(count)::int as count from grouped where count > 0 group by 2 order by 3 desc, 2 limit ${most})`,
    );
    const total = 'select -1 as facet, null as value, coalesce(sum(count), 0)::int as count from grouped';
    const rows = await this.reads.query<{ facet: number; value: string; count: number }[]>(
      `with grouped as materialized (${parts.join(' union all ')}) ${[...counts, total].join(' union all ')}`,
      parameters.values,
    );
    for (const { facet, value, count } of rows) {
      if (facet < 0) tally.total = count;
      else tally.facets[facet]?.push({ value, count });
    }
    return tally;
  }
}

/** The same for lists whose rows are as far apart, as far as can be told. */
const walkKey = ({ kinds, selection, sort }: ListedObjects): string =>
  JSON.stringify([
    kinds.map(({ kind, clusters, namespaces }) => [kind, clusters.length, namespaces.length]),
    selection,
    sort.map(({ name, isDescending }) => [name, isDescending]),
  ]);

/** What is counted: `number` is an aggregate over rows `o`. */
interface CountedIn {
  from: RowsFrom;
  number: string;
}
const ONE_BY_ONE: CountedIn = { from: 'objects', number: 'count(*)' };
const SUM = 'coalesce(sum(o.count), 0)';

function countedIn(list: ListedObjects, facets: readonly Facet[]): CountedIn {
  if (!hasSums(list, facets)) return ONE_BY_ONE;
  return { from: facets.includes('namespace') ? 'counts of namespaces' : 'counts of clusters', number: SUM };
}

/** The sums know places and states alone. */
function hasSums({ kinds, selection }: ListedObjects, facets: readonly Facet[]): boolean {
  const { statuses: _, labels, fields, ...others } = selection;
  const isWhole = labels.length === 0 && fields.length === 0 && Object.values(others).every((value) => value === undefined);
  return isWhole && facets.every((facet) => !facet.startsWith('label:')) && kinds.every(({ names }) => names.length === 0);
}

/** An expression for the total of a list that has sums. */
function sumOf(list: ListedObjects, parameters: SqlParameters): string {
  const whole = { ...list, after: undefined, sort: [] };
  return list.kinds.map((shown) => `(select ${SUM} ${placed(whole, shown, parameters, 'counts of clusters')})`).join(' + ');
}

/** As text. */
function facetExpression(facet: Facet, parameters: SqlParameters): string {
  if (facet === 'status') return 'o.status';
  if (facet === 'cluster' || facet === 'namespace' || facet === 'kind') return `o.${facet}::text`;
  return `coalesce(o.labels ->> ${parameters.add(facet.slice('label:'.length), 'text')}, '')`;
}
