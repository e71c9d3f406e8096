import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller } from './rbac-graph.js';
import type { AccessQuestion, VisibleSet } from './visible-set.js';

interface Known {
  revision: string;
  set: VisibleSet;
}

/** What of RBAC a set was drawn from: the objects of this cluster at this revision. */
export interface RightsSource {
  cluster: number;
  revision: string;
}

/** How many namespaces and names are remembered in all; a set counts for one more than it holds. */
const MAX_SIZE = 1_000_000;

/** Remembers visible sets as long as nothing has changed in the RBAC objects of their cluster. */
export class VisibleSets {
  private readonly known: LRUCache<string, Known>;
  private readonly keys = new WeakMap<Caller, string>();

  constructor(maxSize = MAX_SIZE) {
    this.known = new LRUCache({ maxSize, sizeCalculation: ({ set }) => sizeOf(set) });
  }

  /** What the caller sees there, when it is known. */
  find({ cluster, revision }: RightsSource, caller: Caller, question: AccessQuestion): VisibleSet | undefined {
    const known = this.known.get(this.keyOf(cluster, caller, question));
    return known?.revision === revision ? known.set : undefined;
  }

  keep({ cluster, revision }: RightsSource, caller: Caller, question: AccessQuestion, set: VisibleSet): void {
    this.known.set(this.keyOf(cluster, caller, question), { revision, set });
  }

  private keyOf(cluster: number, caller: Caller, { group, resource, verb, namespaced }: AccessQuestion): string {
    return [cluster, this.identityOf(caller), group, resource, verb, namespaced].join('\n');
  }

  /** The same for the same user with the same groups; a caller may have very many. */
  private identityOf(caller: Caller): string {
    let key = this.keys.get(caller);
    if (key === undefined) {
      const identity = JSON.stringify([caller.user, ...[...caller.groups].sort()]);
      this.keys.set(caller, (key = createHash('sha256').update(identity).digest('base64')));
    }
    return key;
  }
}

const sizeOf = ({ namespaces, names }: VisibleSet): number =>
  1 + namespaces.size + names.values().reduce((sum, each) => sum + each.size, 0);
