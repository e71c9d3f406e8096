import { refTo } from '../index/object-refs.js';

/** An object as far as its relations need it. */
export interface TopologyObject {
  uid: string;
  group: string;
  kind: string;
  name: string;
  /** UIDs of its owners. */
  owners: readonly string[];
  /** What it refers to by name: see `objectRefs`. */
  refs: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** Of Pods by their labels; undefined for what selects nothing. */
  selector: unknown;
}

export interface TopologyEdge {
  type: 'Owner' | 'Reference' | 'Selector';
  /** UIDs: of the owner, of whoever refers, of whoever selects. */
  from: string;
  to: string;
}

/**
 * What stands in relation to an object, in so many steps at most, and how: owners and what they own, what is referred to and what refers, Services and
 * the Pods that they select. `objects` are those of one namespace, and the objects of the whole cluster to which they refer. An edge is there when both
 * of its ends are.
 */
export function topologyOf(
  objects: readonly TopologyObject[],
  start: string,
  depth: number,
): { nodes: Set<string>; edges: TopologyEdge[] } {
  const edges = edgesOf(objects);
  const neighbours = new Map<string, string[]>();
  const join = (one: string, other: string) => {
    const known = neighbours.get(one);
    if (known === undefined) neighbours.set(one, [other]);
    else known.push(other);
  };
  for (const { from, to } of edges) {
    join(from, to);
    join(to, from);
  }
  const nodes = new Set([start]);
  let reached = [start];
  for (let step = 0; step < depth && reached.length > 0; step++) {
    reached = reached.flatMap((uid) => neighbours.get(uid) ?? []).filter((uid) => !nodes.has(uid) && nodes.add(uid));
  }
  return { nodes, edges: edges.filter(({ from, to }) => nodes.has(from) && nodes.has(to)) };
}

function edgesOf(objects: readonly TopologyObject[]): TopologyEdge[] {
  const byUid = new Set(objects.map(({ uid }) => uid));
  const byName = new Map(objects.map((object) => [refTo(object.group, object.kind, object.name), object.uid]));
  const pods = objects.filter(({ group, kind }) => group === '' && kind === 'Pod');
  return objects.flatMap((object): TopologyEdge[] => [
    ...object.owners.filter((owner) => byUid.has(owner)).map((owner) => ({ type: 'Owner', from: owner, to: object.uid }) as const),
    ...object.refs.flatMap((ref) => {
      const to = byName.get(ref);
      return to === undefined || to === object.uid ? [] : [{ type: 'Reference', from: object.uid, to } as const];
    }),
    ...selected(object, pods).map((pod) => ({ type: 'Selector', from: object.uid, to: pod.uid }) as const),
  ]);
}

/** Workloads select too, but own what they select: that edge is enough. */
function selected({ group, kind, selector }: TopologyObject, pods: readonly TopologyObject[]): readonly TopologyObject[] {
  if (group !== '' || kind !== 'Service' || typeof selector !== 'object' || selector === null) return [];
  const wanted = Object.entries(selector);
  return wanted.length === 0 ? [] : pods.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value));
}
