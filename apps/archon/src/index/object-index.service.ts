import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { CallerRights, type RightsPlace } from './caller-rights.service.js';
import { type IndexedCluster, type IndexedKind, IndexState } from './index-state.repository.js';
import { IndexedNamespaces } from './indexed-namespaces.repository.js';
import type { AccessQuestion, VisibleSet } from './visible-set.js';

export type { IndexedCluster, IndexedKind, IndexedReflection } from './index-state.repository.js';

/** What the object index knows, for those who read it: kinds, clusters, namespaces, and who may see what. */
@Injectable()
export class ObjectIndex {
  constructor(
    private readonly state: IndexState,
    private readonly rights: CallerRights,
    private readonly namespaces: IndexedNamespaces,
  ) {}

  /** The kinds that are followed in some cluster, by resource. */
  kinds(): Promise<IndexedKind[]> {
    return this.state.kinds();
  }

  /** Each registered cluster, by name, with what the index knows of these kinds there. */
  clusters(kinds: readonly number[]): Promise<readonly IndexedCluster[]> {
    return this.state.clusters(kinds);
  }

  /** Where in each of these clusters the caller may do this, by the cluster's number. */
  visible(places: readonly RightsPlace[], caller: Principal, question: AccessQuestion): Promise<Map<number, VisibleSet>> {
    return this.rights.in(places, caller, question);
  }

  /** The numbers of those namespaces that the index knows. */
  namespaceNumbers(places: readonly { cluster: number; namespace: string }[]): Promise<number[]> {
    return this.namespaces.find(places);
  }

  /** The clusters and names of namespaces, by their numbers. */
  namespaceNames(numbers: readonly number[]): Promise<Map<number, { cluster: number; name: string }>> {
    return this.namespaces.names(numbers);
  }
}
