import { Injectable } from '@nestjs/common';
import { ApiError, notFound } from '#errors';
import type { KubernetesObject } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { type IndexedKind, ObjectIndex } from '../index/object-index.service.js';
import type { ShownKind } from './list-sql.js';
import { ObjectLists } from './object-lists.repository.js';
import { type ListScene, SearchScenes } from './search-scenes.service.js';
import { type TopologyEdge, type TopologyObject, topologyOf } from './topology.js';

/** Whose topology is asked for. `kind` is `deployment` or `deployments`, in any case. */
export interface TopologyPlace {
  cluster: string;
  namespace: string;
  kind: string;
  name: string;
}

export interface Topology {
  /** By UID; `state` is one word for how it is doing. */
  nodes: Record<string, KubernetesObject & { state: string }>;
  edges: TopologyEdge[];
}

/** Objects of a namespace beyond which it is no longer a picture. */
const MOST = 20_000;

/** How objects hang together, from the index. */
@Injectable()
export class Topologies {
  constructor(
    private readonly index: ObjectIndex,
    private readonly scenes: SearchScenes,
    private readonly lists: ObjectLists,
  ) {}

  /** Of what the caller may list, and no other. Throws 404 for an object that is not there or not for the caller. */
  async of(caller: Principal, place: TopologyPlace, depth: number): Promise<Topology> {
    const kinds = await this.index.kinds();
    const [inNamespace, inCluster] = await Promise.all([
      this.scenes.of(caller, kinds, { clusters: [place.cluster], namespaces: [place.namespace] }),
      this.scenes.of(caller, kinds, { clusters: [place.cluster] }),
    ]);
    const [cluster] = inCluster.clusters;
    if (cluster === undefined) throw notFound('clusters', place.cluster);
    const objects = await this.objects(kinds, inNamespace, inCluster);
    const isStart = ({ kind, name, resource }: (typeof objects)[number]) =>
      name === place.name && [kind.toLowerCase(), resource].includes(place.kind.toLowerCase());
    const start = objects.find(isStart);
    if (start === undefined) throw notFound(place.kind, place.name);
    const { nodes, edges } = topologyOf(objects, start.uid, depth);
    const rows = await this.lists.byUid(
      cluster.cluster,
      kinds.map(({ kind }) => kind),
      [...nodes],
    );
    return { nodes: Object.fromEntries(rows.map(({ uid, status, body }) => [uid, { ...body, state: status }])), edges };
  }

  /** Those of the namespace, and those of the whole cluster that they name. */
  private async objects(
    kinds: readonly IndexedKind[],
    inNamespace: ListScene,
    inCluster: ListScene,
  ): Promise<(TopologyObject & { resource: string })[]> {
    const within = await this.relations(kinds, inNamespace, inNamespace.shown);
    const [cluster] = inCluster.clusters;
    const names = [...new Set(within.flatMap(({ refs }) => refs.map((ref) => ref.slice(ref.indexOf('/') + 1))))];
    const beyond = inCluster.shown.flatMap((shown): ShownKind[] =>
      cluster === undefined ||
      cluster.reflections.get(shown.kind)?.namespaced !== false ||
      shown.clusters.length === 0 ||
      names.length === 0
        ? []
        : [{ kind: shown.kind, clusters: [], namespaces: [], names: names.map((name) => ({ cluster: cluster.cluster, name })) }],
    );
    return [...within, ...(await this.relations(kinds, inCluster, beyond))];
  }

  private async relations(
    kinds: readonly IndexedKind[],
    { clusters }: ListScene,
    shown: readonly ShownKind[],
  ): Promise<(TopologyObject & { resource: string })[]> {
    const rows = await this.lists.relations(shown, MOST + 1);
    if (rows.length > MOST)
      throw new ApiError('Invalid', `the namespace has more than ${MOST} objects: search for those that are meant (/acp/v1/search)`);
    const types = new Map(kinds.map((kind) => [kind.kind, kind]));
    return rows.map(({ kind, ...row }) => {
      const { group = '', resource = '' } = types.get(kind) ?? {};
      return { ...row, group, resource, kind: clusters[0]?.reflections.get(kind)?.objectKind ?? '' };
    });
  }
}
