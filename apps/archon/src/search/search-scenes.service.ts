import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { type IndexedCluster, type IndexedKind, ObjectIndex } from '../index/object-index.service.js';
import type { AccessQuestion, VisibleSet } from '../index/visible-set.js';
import { kindName } from './asked-kinds.js';
import type { ShownKind } from './list-sql.js';
import type { Facet } from './object-lists.repository.js';
import { ProjectPlaces } from './project-places.repository.js';
import { type PlaceFilter, type Shown, shownPlaces } from './shown-places.js';

/** To which places a list is narrowed. */
export interface AskedPlaces {
  clusters?: readonly string[] | undefined;
  projects?: readonly string[] | undefined;
  namespaces?: readonly string[] | undefined;
}

/** Where a list of some kinds looks, for one caller. */
export interface ListScene {
  shown: ShownKind[];
  /** Those that the list is about. */
  clusters: IndexedCluster[];
  /** Of all clusters, by number. */
  names: ReadonlyMap<number, string>;
}

/** Finds out what of some kinds a caller may see, and where. */
@Injectable()
export class SearchScenes {
  /** By what was known of clusters: who asks again before anything else is known gets the same. */
  private readonly known = new WeakMap<readonly IndexedCluster[], WeakMap<Principal, Map<string, Promise<ListScene>>>>();

  constructor(
    private readonly index: ObjectIndex,
    private readonly projects: ProjectPlaces,
  ) {}

  async of(caller: Principal, kinds: readonly IndexedKind[], asked: AskedPlaces): Promise<ListScene> {
    const all = await this.index.clusters(kinds.map(({ kind }) => kind));
    // What namespaces a project has is asked each time: who has just made one lists it.
    if (asked.projects !== undefined) return this.look(caller, kinds, asked, all);
    const key = JSON.stringify([asked.clusters, asked.namespaces]);
    const ofCaller = computed(
      computed(this.known, all, () => new WeakMap()),
      caller,
      () => new Map<string, Promise<ListScene>>(),
    );
    return computed(ofCaller, key, () => this.look(caller, kinds, asked, all));
  }

  private async look(
    caller: Principal,
    kinds: readonly IndexedKind[],
    asked: AskedPlaces,
    all: readonly IndexedCluster[],
  ): Promise<ListScene> {
    const clusters = all.filter(({ name }) => caller.reachesCluster(name) && (asked.clusters?.includes(name) ?? true));
    const filter: PlaceFilter = {
      namespaces: asked.namespaces,
      ofProjects: asked.projects && (await this.projects.namespacesOf(asked.projects)),
      scope: caller.scope,
    };
    const shown = await Promise.all(kinds.map((kind) => this.shown(caller, kind, clusters, filter)));
    return {
      shown: shown.filter((each) => each.clusters.length + each.namespaces.length + each.names.length > 0),
      clusters,
      names: new Map(all.map(({ cluster, name }) => [cluster, name])),
    };
  }

  /** The values of a facet as users know them. */
  async named(
    facet: Facet,
    values: readonly { value: string; count: number }[],
    { names }: ListScene,
    kinds: readonly IndexedKind[],
  ): Promise<{ value: string; count: number }[]> {
    const renamed = (nameOf: (value: string) => string) => values.map(({ value, count }) => ({ value: nameOf(value), count }));
    if (facet === 'cluster') return renamed((value) => names.get(Number(value)) ?? '');
    if (facet === 'kind') return renamed((value) => kinds.filter(({ kind }) => String(kind) === value).map(kindName)[0] ?? '');
    if (facet !== 'namespace') return [...values];
    const known = await this.index.namespaceNames(values.map(({ value }) => Number(value)));
    return renamed((value) => {
      const { cluster, name } = known.get(Number(value)) ?? { cluster: 0, name: '' };
      return `${names.get(cluster) ?? ''}/${name}`;
    });
  }

  private async shown(
    caller: Principal,
    indexed: IndexedKind,
    clusters: readonly IndexedCluster[],
    filter: PlaceFilter,
  ): Promise<ShownKind> {
    const isItself = indexed.group === '' && indexed.resource === 'namespaces';
    const shown = { kind: indexed.kind, clusters: [] as number[], names: [] as { cluster: number; name: string }[] };
    const inNamespaces: { cluster: number; namespace: string }[] = [];
    for (const namespaced of [true, false]) {
      const there = clusters.flatMap(({ cluster, name, rightsRevision, reflections }) =>
        rightsRevision === null || reflections.get(indexed.kind)?.namespaced !== namespaced ? [] : [{ cluster, name, rightsRevision }],
      );
      const sets = await this.index.visible(there, caller, questionOf(indexed, isItself, namespaced));
      for (const { cluster, name } of there) {
        const places = placesOf(name, sets.get(cluster), isItself, filter);
        if (places === 'everything') shown.clusters.push(cluster);
        else if (isItself) for (const namespace of places) shown.names.push({ cluster, name: namespace });
        else if (namespaced) for (const namespace of places) inNamespaces.push({ cluster, namespace });
      }
    }
    return { ...shown, namespaces: await this.index.namespaceNumbers(inNamespaces) };
  }
}

function computed<Key, Value>(
  known: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown },
  key: Key,
  compute: () => Value,
): Value {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = compute()));
  return value;
}

/** Whoever may get a Namespace sees it in a list, though RBAC has no way to allow a list of some of them. */
const questionOf = ({ group, resource }: IndexedKind, isItself: boolean, namespaced: boolean): AccessQuestion => ({
  group,
  resource,
  verb: isItself ? 'get' : 'list',
  namespaced,
});

function placesOf(cluster: string, set: VisibleSet | undefined, isItself: boolean, filter: PlaceFilter): Shown {
  if (set === undefined) return new Set();
  // Namespaces that may be read one by one, as the namespaces that they are.
  return shownPlaces(cluster, isItself ? { ...set, namespaces: set.names.get('') ?? new Set(), names: new Map() } : set, filter);
}
