import { type AccessScope, placesOf } from '../auth/access-scope.js';
import { listed, type VisibleSet } from '../index/visible-set.js';

/** Of a cluster everything, or what is in these namespaces. */
export type Shown = 'everything' | ReadonlySet<string>;

/** What a list is narrowed to, beside its caller's rights. */
export interface PlaceFilter {
  namespaces?: readonly string[] | undefined;
  /** The namespaces that the asked projects have in a cluster, by the cluster's name. */
  ofProjects?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  scope?: AccessScope | undefined;
}

/** What a list shows of a cluster: what RBAC lets the caller list, within the filter and the scope of the credential. */
export function shownPlaces(cluster: string, set: VisibleSet, { namespaces, ofProjects, scope }: PlaceFilter): Shown {
  const filters: Shown[] = [
    listed(set),
    namespaces === undefined ? 'everything' : new Set(namespaces),
    ofProjects === undefined ? 'everything' : (ofProjects.get(cluster) ?? new Set<string>()),
    scopedPlaces(scope, cluster),
  ];
  return filters.reduce((one, other) => {
    if (one === 'everything') return other;
    return other === 'everything' ? one : one.intersection(other);
  });
}

function scopedPlaces(scope: AccessScope | undefined, cluster: string): Shown {
  const here = placesOf(scope)?.filter((place) => place.cluster === undefined || place.cluster === cluster);
  if (here === undefined || here.some(({ namespace }) => namespace === undefined)) return 'everything';
  return new Set(here.flatMap(({ namespace }) => namespace ?? []));
}
