import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller, RbacGraph } from './rbac-graph.js';
import { type AccessQuestion, visibleSet, type VisibleSet } from './visible-set.js';

interface Known {
  generation: symbol;
  set: VisibleSet;
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

  /** What the caller sees in the cluster with this id, whose RBAC objects these are. */
  of(cluster: string, graph: RbacGraph, caller: Caller, question: AccessQuestion): VisibleSet {
    const { group, resource, verb, namespaced } = question;
    const key = [cluster, this.keyOf(caller), group, resource, verb, namespaced].join('\n');
    const { generation } = graph;
    const known = this.known.get(key);
    if (known?.generation === generation) return known.set;
    const set = visibleSet(graph, caller, question);
    this.known.set(key, { generation, set });
    return set;
  }

  /** The same for the same user with the same groups; a caller may have very many. */
  private keyOf(caller: Caller): string {
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
