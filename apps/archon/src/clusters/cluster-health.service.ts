import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ApiError } from '#errors';
import { type ClusterConnection, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';

type ClusterState = 'Ready' | 'Unreachable' | 'Unauthorized' | 'Disabled';

export interface ClusterHealthRecord {
  state: ClusterState;
  reason: string;
  /** When this state was first seen. */
  since: Date;
  /** When the cluster last answered. */
  lastSeen: Date | undefined;
  version: string | undefined;
  nodes: number | undefined;
}

const PROBE_TIMEOUT_MS = 2500;
/** A list of clusters that is polled doesn't ask each cluster every time. */
const FRESH_MS = 2000;

/** The state of clusters, found by asking them over the same connections that requests use. */
@Injectable()
export class ClusterHealth {
  private readonly records = new LRUCache<string, ClusterHealthRecord>({ max: 10_000 });
  private readonly probes = new LRUCache<string, Promise<ClusterHealthRecord>>({ max: 10_000, ttl: FRESH_MS });

  constructor(private readonly kubernetes: KubernetesGateway) {}

  /** Answers within 3 s whatever the cluster does. */
  check(cluster: ClusterConnection): Promise<ClusterHealthRecord> {
    const key = `${cluster.id}/${cluster.generation}`;
    const known = this.probes.get(key);
    if (known !== undefined) return known;
    const probe = this.probe(cluster).then((found) => this.remember(key, found));
    this.probes.set(key, probe);
    return probe;
  }

  private async probe(cluster: ClusterConnection): Promise<Omit<ClusterHealthRecord, 'since' | 'lastSeen'> & { answered: boolean }> {
    const target = { cluster, identity: OWN_CREDENTIAL } as const;
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    try {
      const [version, nodes] = await Promise.all([
        this.kubernetes.getPath(target, '/version', { signal }),
        this.countNodes(cluster, signal),
      ]);
      return {
        state: 'Ready',
        reason: 'the API server answers',
        version: (version as { gitVersion?: string }).gitVersion,
        nodes,
        answered: true,
      };
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError('ServiceUnavailable', 'the connection failed');
      const state = failure.code === 401 || failure.code === 403 ? 'Unauthorized' : 'Unreachable';
      return { state, reason: failure.message, version: undefined, nodes: undefined, answered: failure.code < 500 };
    }
  }

  /** Undefined where the credential may not list nodes: no reason to call a cluster unusable. */
  private async countNodes(cluster: ClusterConnection, signal: AbortSignal): Promise<number | undefined> {
    const target = { cluster, identity: OWN_CREDENTIAL } as const;
    try {
      const list = (await this.kubernetes.getPath(target, '/api/v1/nodes', { query: { limit: 1 }, signal })) as {
        items: unknown[];
        metadata: { remainingItemCount?: number };
      };
      return list.items.length + (list.metadata.remainingItemCount ?? 0);
    } catch (error) {
      if (error instanceof ApiError && error.code === 403) return undefined;
      throw error;
    }
  }

  private remember(key: string, { answered, ...found }: Awaited<ReturnType<ClusterHealth['probe']>>): ClusterHealthRecord {
    const before = this.records.get(key);
    const now = new Date();
    const record = {
      ...found,
      version: found.version ?? before?.version,
      since: before?.state === found.state ? before.since : now,
      lastSeen: answered ? now : before?.lastSeen,
    };
    this.records.set(key, record);
    return record;
  }
}
