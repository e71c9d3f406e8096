import { Injectable } from '@nestjs/common';
import { badRequest, notFound } from '#errors';
import type { Principal } from '../auth/principal.js';
import { CallerRights } from '../index/caller-rights.service.js';
import { type IndexedCluster, type IndexedKind, IndexState } from '../index/index-state.repository.js';
import { IndexedNamespaces } from '../index/indexed-namespaces.repository.js';
import type { AccessQuestion, VisibleSet } from '../index/visible-set.js';
import type { Facet, ListedObjects } from './object-lists.repository.js';
import { ProjectPlaces } from './project-places.repository.js';
import type { SearchQuery } from './search.dto.js';
import { type PlaceFilter, shownPlaces } from './shown-places.js';

/** Where a list of a kind looks, for one caller. */
export interface ListScene {
  kind: number;
  objectKind: string;
  apiVersion: string;
  places: ListedObjects['places'];
  /** Those that the list is about. */
  clusters: IndexedCluster[];
  /** Of clusters, by number. */
  names: Map<number, string>;
}

/** Finds out what of a kind a caller may see, and where. */
@Injectable()
export class SearchScenes {
  constructor(
    private readonly state: IndexState,
    private readonly rights: CallerRights,
    private readonly namespaces: IndexedNamespaces,
    private readonly projects: ProjectPlaces,
  ) {}

  /** Throws 400 for a name that several groups have, 404 for one that is not indexed. */
  async of(caller: Principal, name: string, query: SearchQuery): Promise<ListScene> {
    const [indexed, rbacKinds] = await Promise.all([this.kindOf(name), this.state.rbacKinds()]);
    const all = await this.state.clusters(indexed.kind, [...rbacKinds.values()]);
    const clusters = all.filter(
      (cluster) => caller.reachesCluster(cluster.name) && (query.clusters === undefined || query.clusters.includes(cluster.name)),
    );
    const known = clusters.flatMap(({ rightsRevision, reflection, ...cluster }) =>
      rightsRevision === null || reflection === undefined ? [] : [{ ...cluster, rightsRevision, reflection }],
    );
    const type = known[0]?.reflection ?? all.find(({ reflection }) => reflection !== undefined)?.reflection;
    const places: { clusters: number[]; namespaces: number[]; names: { cluster: number; name: string }[] } = {
      clusters: [],
      namespaces: [],
      names: [],
    };
    const filter: PlaceFilter = {
      namespaces: query.namespaces,
      ofProjects: query.projects && (await this.projects.namespacesOf(query.projects)),
      scope: caller.scope,
    };
    const inNamespaces: { cluster: number; namespace: string }[] = [];
    for (const isNamespaced of [true, false]) {
      const there = known.filter(({ reflection }) => reflection.namespaced === isNamespaced);
      const sets = await this.rights.in(there, caller, questionOf(indexed, isNamespaced), rbacKinds);
      for (const { cluster, name: clusterName } of there) {
        const set = sets.get(cluster);
        if (set === undefined) continue;
        if (isNamespaceItself(indexed)) addNamespaces(places, cluster, set, shownPlaces(clusterName, asNamespaces(set), filter));
        else {
          const shown = shownPlaces(clusterName, set, filter);
          if (shown === 'everything') places.clusters.push(cluster);
          else if (isNamespaced) for (const namespace of shown) inNamespaces.push({ cluster, namespace });
        }
      }
    }
    places.namespaces = await this.namespaces.find(inNamespaces);
    return {
      kind: indexed.kind,
      objectKind: type?.objectKind ?? 'Object',
      apiVersion: type === undefined ? 'v1' : [indexed.group, type.version].filter(Boolean).join('/'),
      places,
      clusters,
      names: new Map(all.map(({ cluster, name: of }) => [cluster, of])),
    };
  }

  /** The values of a facet as users know them. */
  async named(
    facet: Facet,
    values: readonly { value: string; count: number }[],
    { names }: ListScene,
  ): Promise<{ value: string; count: number }[]> {
    if (facet === 'cluster') return values.map(({ value, count }) => ({ value: names.get(Number(value)) ?? '', count }));
    if (facet !== 'namespace') return [...values];
    const known = await this.namespaces.names(values.map(({ value }) => Number(value)));
    return values.map(({ value, count }) => {
      const { cluster, name } = known.get(Number(value)) ?? { cluster: 0, name: '' };
      return { value: `${names.get(cluster) ?? ''}/${name}`, count };
    });
  }

  private async kindOf(name: string): Promise<IndexedKind> {
    const [resource = '', ...group] = name.split('.');
    const found = await this.state.kinds(resource, group.length === 0 ? undefined : group.join('.'));
    if (found.length === 0) throw notFound('indexed kinds', name);
    // Without a group the core one is meant, where it has the name.
    const kind = found.length === 1 ? found[0] : found.find((each) => each.group === '');
    if (kind !== undefined) return kind;
    throw badRequest(`resource: "${name}" is in several groups: ${found.map((each) => `${each.resource}.${each.group}`).join(', ')}`);
  }
}

const isNamespaceItself = ({ group, resource }: IndexedKind): boolean => group === '' && resource === 'namespaces';

/** Whoever may get a Namespace sees it in a list, though RBAC has no way to allow a list of some of them. */
const questionOf = (indexed: IndexedKind, namespaced: boolean): AccessQuestion => ({
  group: indexed.group,
  resource: indexed.resource,
  verb: isNamespaceItself(indexed) ? 'get' : 'list',
  namespaced,
});

/** Namespaces that may be read one by one, as the namespaces that they are. */
const asNamespaces = ({ everything, names }: VisibleSet): VisibleSet => ({
  everything,
  namespaces: names.get('') ?? new Set(),
  names: new Map(),
});

function addNamespaces(
  places: { clusters: number[]; names: { cluster: number; name: string }[] },
  cluster: number,
  { everything }: VisibleSet,
  shown: ReturnType<typeof shownPlaces>,
): void {
  if (shown === 'everything') places.clusters.push(cluster);
  else for (const name of shown) if (everything || name !== '') places.names.push({ cluster, name });
}
