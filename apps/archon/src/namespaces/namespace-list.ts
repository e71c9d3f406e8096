import { badRequest } from '#errors';
import { parseLabelSelector } from '#kubernetes';
import type { NamespaceEntity } from './namespace.entity.js';
import type { ListNamespacesQuery, NamespaceItemResponse, NamespaceListResponse } from './namespaces.dto.js';

type Key = (item: NamespaceItemResponse) => string;

interface Order {
  key: Key;
  isDescending: boolean;
}

const KEYS: Record<string, Key> = {
  name: ({ metadata }) => metadata.name,
  cluster: ({ cluster }) => cluster,
  creationTimestamp: ({ metadata }) => metadata.creationTimestamp,
};
/** Last, so that no two namespaces are equal. */
const TIE: Order[] = [
  { key: KEYS.name as Key, isDescending: false },
  { key: KEYS.cluster as Key, isDescending: false },
];
const DEFAULT_LIMIT = 100;

/** A namespace as a list shows it: what its cluster was last seen to hold. */
export function toItem(row: NamespaceEntity, cluster: string): NamespaceItemResponse {
  const { observed, desired } = row;
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: row.name,
      ...(observed === null ? {} : { uid: observed.uid }),
      creationTimestamp: observed?.creationTimestamp ?? row.createdAt.toISOString(),
      labels: observed?.labels ?? desired.labels,
      annotations: observed?.annotations ?? desired.annotations,
    },
    cluster,
    status: {
      state: row.phase,
      phase: observed?.phase ?? 'Unknown',
      hard: observed?.hard ?? desired.hard,
      used: observed?.used ?? {},
      ...(row.observedAt === null ? {} : { observedAt: row.observedAt.toISOString() }),
      drift: row.drift,
    },
  };
}

/** Selects, sorts and pages. Throws 400 for a selector, order or token that can't be read. */
export function selectNamespaces(items: readonly NamespaceItemResponse[], query: ListNamespacesQuery): NamespaceListResponse {
  const [byLabels, byAnnotations] = [parseLabelSelector(query.labelSelector), parseLabelSelector(query.annotationSelector)];
  const order = [...readOrder(query.sort), ...TIE];
  const after = query.continue === undefined ? undefined : readToken(query.continue, order.length);
  const selected = items
    .filter(
      ({ cluster, metadata }) =>
        (query.clusters?.includes(cluster) ?? true) &&
        (query.keyword === undefined || metadata.name.includes(query.keyword)) &&
        byLabels(metadata.labels) &&
        byAnnotations(metadata.annotations),
    )
    .map((item) => ({ item, keys: order.map(({ key }) => key(item)) }))
    .sort((one, other) => compare(one.keys, other.keys, order))
    .filter(({ keys }) => after === undefined || compare(keys, after, order) > 0);
  const limit = query.limit ?? DEFAULT_LIMIT;
  const last = selected.length > limit ? selected[limit - 1] : undefined;
  return {
    kind: 'NamespaceList',
    apiVersion: 'v1',
    metadata: {
      ...(last === undefined ? {} : { continue: Buffer.from(JSON.stringify(last.keys)).toString('base64url') }),
      remainingItemCount: Math.max(0, selected.length - limit),
    },
    items: selected.slice(0, limit).map(({ item }) => item),
  };
}

function readOrder(sort: string | undefined): Order[] {
  if (sort === undefined || sort === '') return [];
  return sort.split(',').map((part) => {
    const isDescending = part.startsWith('-');
    const name = isDescending ? part.slice(1) : part;
    const key = KEYS[name] ?? textKey(name);
    if (key === undefined) throw badRequest(`sort: "${part}" is none of name, cluster, creationTimestamp, label:<key>, annotation:<key>`);
    return { key, isDescending };
  });
}

function textKey(name: string): Key | undefined {
  if (name.startsWith('label:')) return ({ metadata }) => metadata.labels[name.slice('label:'.length)] ?? '';
  if (name.startsWith('annotation:')) return ({ metadata }) => metadata.annotations[name.slice('annotation:'.length)] ?? '';
  return undefined;
}

function compare(one: readonly string[], other: readonly string[], order: readonly Order[]): number {
  for (const [index, { isDescending }] of order.entries()) {
    const [a = '', b = ''] = [one[index], other[index]];
    if (a !== b) return (a < b ? -1 : 1) * (isDescending ? -1 : 1);
  }
  return 0;
}

function readToken(token: string, length: number): string[] {
  try {
    const keys: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(keys) && keys.length === length && keys.every((key) => typeof key === 'string')) return keys;
  } catch {
    // not one of ours: refused below
  }
  throw badRequest('continue: not a token of this list and order; begin again without it');
}
