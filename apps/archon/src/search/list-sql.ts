import { needsBody, type Selection, selectionConditions } from './selection-sql.js';
import { behind, followsIndex, joinsOf, keyExpressions, type SortKey } from './sort-keys.js';
import type { SqlParameters } from './sql-parameters.js';

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

/** So few namespaces are read whole, rather than all others gone past. */
const FEW_NAMESPACES = 500;

/**
 * A column of a listed row from elsewhere, by its key alone: however many rows Postgres expects, it goes through no table for them. Of one kind it need not
 * think of the partitions of others.
 */
function columnOf(table: 'objects' | 'object_bodies', column: string, kinds: readonly ShownKind[], parameters: SqlParameters): string {
  const [first, ...others] = kinds;
  const kind = first === undefined || others.length > 0 ? 'l.kind' : parameters.add(first.kind, 'int');
  return `(select f.${column} from ${table} f where f.kind = ${kind} and f.cluster = l.cluster and f.uid = l.uid)`;
}

/** Whether the rows may be found by going through an index that has their order. */
export const isWalkable = ({ kinds, sort, selection: { uids, owner } }: ListedObjects): boolean =>
  followsIndex(sort) &&
  uids === undefined &&
  owner === undefined &&
  kinds.some(({ clusters, namespaces }) => clusters.length > 0 || namespaces.length > FEW_NAMESPACES);

/**
 * The first rows of a list among so many of each kind, as an index has them. Column `is_whole` of each row (of one without a UID, where there are none) says
 * whether these are the rows of the list, `found` how many of those that were read belong to it, `total` what the expression `counted` says, where there
 * are more rows than are given.
 */
export function walkStatement(
  list: ListedObjects,
  { limit, walk, counted }: { limit: number; walk: number; counted: string },
  parameters: SqlParameters,
): string {
  const [order, most, walked] = [orderOf(list.sort), parameters.add(limit, 'int'), parameters.add(walk, 'int')];
  const ordered = list.sort.map((key) => `${key.of(parameters)}${key.isDescending ? ' desc' : ''}`).join(', ');
  const tables = list.kinds.flatMap((shown, index) => {
    const begin = [
      `o.kind = ${parameters.add(shown.kind, 'int')}`,
      ...(list.after === undefined ? [] : [behind(list.sort, list.after, parameters)]),
    ];
    const where = [placeCondition(shown, parameters, { isFilter: true }), ...selectionConditions(list.selection, parameters)];
    return [
      `walked${index} as materialized (select o.* from objects o where ${allOf(begin)} order by ${ordered} limit ${walked})`,
      `found${index} as materialized (
         select o.status, ${columnsOf(list.sort, parameters)} from walked${index} o ${joinsFor(list, shown, parameters)} where ${allOf(where)} order by ${order} limit ${most})`,
    ];
  });
  const isWhole = list.kinds.map(
    (_, index) =>
      // In this order: where enough are found, the walk ends there.
      `((select count(*) from found${index}) = ${most} or (select count(*) from walked${index}) < ${walked})`,
  );
  return `with ${tables.join(',\n')},
    listed as (select * from (${list.kinds.map((_, index) => `select * from found${index}`).join(' union all ')}) as found order by ${order} limit ${most})
    select whole.is_whole, whole.found, case when whole.is_whole and whole.found = ${most} then (${counted})::int end as total, l.cluster, l.uid, l.status, case when whole.is_whole then ${columnOf('object_bodies', 'body', list.kinds, parameters)} end as body, ${keysOf(list.sort)} as keys
    from (select ${isWhole.join(' and ')} as is_whole, (select count(*)::int from listed) as found) as whole left join listed l on true order by ${order}`;
}

/** The first rows of a list, of all that belong to it; `total` says of how many, where that is asked for. */
export function sortStatement(list: ListedObjects, limit: number, isCounted: boolean, parameters: SqlParameters): string {
  const order = orderOf(list.sort);
  const parts = list.kinds.map((shown) => `select ${columnsOf(list.sort, parameters)} ${placed(list, shown, parameters)}`);
  // Materialized, or Postgres might go through an index in the order of the list until it has come upon enough rows.
  return `with found as materialized (${parts.join(' union all ')}),
    listed as (select * from found order by ${order} limit ${parameters.add(limit, 'int')})
    select ${isCounted ? '(select count(*) from found)::int' : 'null'} as total, l.cluster, l.uid, ${columnOf('objects', 'status', list.kinds, parameters)} as status,
      ${columnOf('object_bodies', 'body', list.kinds, parameters)} as body, ${keysOf(list.sort)} as keys
    from listed l order by ${order}`;
}

/** What rows are: objects, or counts of whole clusters or of each of their namespaces. */
export type RowsFrom = 'objects' | 'counts of clusters' | 'counts of namespaces';
/** With which of the counts a whole cluster is counted. */
const COUNTED_CLUSTER: Record<RowsFrom, string> = {
  objects: '',
  'counts of clusters': ' and o.namespace = 0',
  'counts of namespaces': ' and o.namespace <> 0',
};

/** From where rows `o` of a kind come, and which. */
export function placed(list: ListedObjects, shown: ShownKind, parameters: SqlParameters, from: RowsFrom = 'objects'): string {
  const where = [
    `o.kind = ${parameters.add(shown.kind, 'int')}`,
    placeCondition(shown, parameters, { from }),
    ...selectionConditions(list.selection, parameters),
    ...(list.after === undefined ? [] : [behind(list.sort, list.after, parameters)]),
  ];
  return `from ${from === 'objects' ? from : 'object_counts'} o ${joinsFor(list, shown, parameters)} where ${allOf(where)}`;
}

const allOf = (conditions: readonly string[]): string => conditions.map((condition) => `(${condition})`).join(' and ');

const orderOf = (sort: readonly SortKey[]): string =>
  sort.map(({ isDescending }, index) => `key${index}${isDescending ? ' desc' : ''}`).join(', ');

const columnsOf = (sort: readonly SortKey[], parameters: SqlParameters): string =>
  ['o.kind, o.cluster, o.uid', ...keyExpressions(sort, parameters).map((expression, index) => `${expression} as key${index}`)].join(', ');

const keysOf = (sort: readonly SortKey[]): string => `array[${sort.map((_, index) => `l.key${index}::text`).join(', ')}]`;

function joinsFor({ selection, sort }: ListedObjects, { kind }: ShownKind, parameters: SqlParameters): string {
  const joins = joinsOf(sort);
  return [
    needsBody(selection) || joins.body
      ? `cross join lateral (select body from object_bodies b where b.kind = ${parameters.add(kind, 'int')} and b.cluster = o.cluster and b.uid = o.uid offset 0) as b`
      : '',
    joins.namespace ? 'join indexed_namespaces n on n.id = o.namespace' : '',
    joins.cluster ? 'join indexed_clusters i on i.id = o.cluster join clusters c on c.id = i.cluster_id' : '',
  ].join(' ');
}

/** As a filter of rows that are read anyway it is a hash table, and costs no planning: Postgres would look at each number. */
function placeCondition(
  { clusters, namespaces, names }: ShownKind,
  parameters: SqlParameters,
  { from = 'objects', isFilter = false }: { from?: RowsFrom; isFilter?: boolean },
): string {
  const sides: string[] = [];
  const isOneOf = (column: string, numbers: readonly number[]) => {
    const array = parameters.add(numbers, 'int[]');
    return isFilter ? `(${column} in (select unnest(${array}))) is true` : `${column} = any(${array})`;
  };
  if (clusters.length > 0) sides.push(`(${isOneOf('o.cluster', clusters)}${COUNTED_CLUSTER[from]})`);
  if (namespaces.length > 0) sides.push(isOneOf('o.namespace', namespaces));
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
