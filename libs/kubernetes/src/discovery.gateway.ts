import { LRUCache } from 'lru-cache';
import type { ClusterConnection } from './cluster-connection.js';
import { type GroupDiscoveryList, type ResourceType, resourceTypesOf, staleGroups } from './discovery-documents.js';
import { OWN_CREDENTIAL } from './identity.js';
import type { KubernetesGateway } from './kubernetes.gateway.js';

const ACCEPT = ['v2', 'v2beta1'].map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`).join(',');
const FRESH_MS = 60_000;
/** A kind that is unknown may have been installed a moment ago; looking again more often than this would let callers load a cluster. */
const LOOK_AGAIN_MS = 1000;

interface Discovered {
  types: ResourceType[];
  stale: string[];
  at: number;
}

/**
 * Which resource types a cluster serves. Kept for a minute per credential generation. It is read with Archon's own credential: what a
 * cluster serves is the same for every caller, so that one cache can serve them all.
 */
export class Discovery {
  private readonly cache = new LRUCache<string, Promise<Discovered>>({ max: 1000 });

  constructor(
    private readonly kubernetes: KubernetesGateway,
    private readonly now: () => number = Date.now,
  ) {}

  async resourceTypes(cluster: ClusterConnection): Promise<ResourceType[]> {
    return (await this.read(cluster, FRESH_MS)).types;
  }

  /** The groups that an aggregated API server should serve and doesn't at present. */
  async staleGroups(cluster: ClusterConnection): Promise<string[]> {
    return (await this.read(cluster, FRESH_MS)).stale;
  }

  /** The type of `apiVersion` and `kind`; undefined when the cluster doesn't serve it. Subresource kinds are not found. */
  async findType(cluster: ClusterConnection, group: string, version: string, kind: string): Promise<ResourceType | undefined> {
    const search = (types: ResourceType[]) => types.find((type) => type.kind === kind && type.group === group && type.version === version);
    return search((await this.read(cluster, FRESH_MS)).types) ?? search((await this.read(cluster, LOOK_AGAIN_MS)).types);
  }

  /** The preferred version of a group's kind, however old the caller's own knowledge is. */
  async findPreferredType(cluster: ClusterConnection, group: string, kind: string): Promise<ResourceType | undefined> {
    const search = (types: ResourceType[]) => types.find((type) => type.kind === kind && type.group === group);
    return search((await this.read(cluster, FRESH_MS)).types) ?? search((await this.read(cluster, LOOK_AGAIN_MS)).types);
  }

  private async read(cluster: ClusterConnection, maxAgeMs: number): Promise<Discovered> {
    const key = `${cluster.id}/${cluster.generation}`;
    const kept = this.cache.get(key);
    if (kept !== undefined) {
      const found = await kept.catch(() => undefined);
      if (found !== undefined && this.now() - found.at < maxAgeMs) return found;
      if (this.cache.get(key) !== kept) return this.read(cluster, maxAgeMs); // somebody else is already reading it anew
    }
    const reading = this.load(cluster);
    this.cache.set(key, reading);
    return reading;
  }

  private async load(cluster: ClusterConnection): Promise<Discovered> {
    const target = { cluster, identity: OWN_CREDENTIAL } as const;
    const documents = (await Promise.all(
      ['/api', '/apis'].map((path) => this.kubernetes.getPath(target, path, { accept: ACCEPT })),
    )) as GroupDiscoveryList[];
    return { types: documents.flatMap(resourceTypesOf), stale: documents.flatMap(staleGroups), at: this.now() };
  }
}
