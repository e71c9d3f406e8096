import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ApiError } from '#errors';
import { type ClusterConnection, Connections, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';

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

/** A single cluster is looked at anew when nothing was heard from it for so long. */
const FRESH_MS = 2000;
/** How long the first look at a cluster is waited for; it goes on behind. */
const FIRST_LOOK_MS = 500;
const LOOK_MS = 3000;
const NODES_TIMEOUT_MS = 2500;
/** Nodes come and go less often than states change, and counting them costs the cluster more. */
const NODES_FRESH_MS = 15_000;

/** The state of clusters as the path sees it that requests use: what happened to them, and probes when nothing did. */
@Injectable()
export class ClusterHealth {
  private readonly nodes = new LRUCache<string, number>({ max: 10_000 });
  private readonly counting = new LRUCache<string, Promise<void>>({ max: 10_000, ttl: NODES_FRESH_MS });

  constructor(
    private readonly connections: Connections,
    private readonly kubernetes: KubernetesGateway,
  ) {}

  /** What is known now. Only a cluster of which nothing is known yet is waited for, and that for half a second. */
  async read(cluster: ClusterConnection): Promise<ClusterHealthRecord> {
    return this.look(cluster, this.connections.of(cluster).status.state === undefined ? FIRST_LOOK_MS : 0);
  }

  /** Asks the cluster unless it was heard a moment ago or is known to be down; answers within 3 s whatever it does. */
  async check(cluster: ClusterConnection): Promise<ClusterHealthRecord> {
    const { lastSeen, version } = this.connections.of(cluster).status;
    const isFresh = version !== undefined && lastSeen !== undefined && performance.now() - lastSeen < FRESH_MS;
    return this.look(cluster, isFresh ? 0 : LOOK_MS);
  }

  private async look(cluster: ClusterConnection, waitMs: number): Promise<ClusterHealthRecord> {
    const link = this.connections.of(cluster);
    if (waitMs > 0) await within(waitMs, link.ask());
    const key = `${cluster.id}/${cluster.generation}`;
    if (link.status.state === 'Ready') {
      const counting = this.countNodes(cluster, key);
      if (!this.nodes.has(key)) await within(waitMs === 0 ? FIRST_LOOK_MS : waitMs, counting);
    }
    const { state, reason, since, lastSeen, version } = link.status;
    return {
      state: state ?? 'Unreachable',
      reason,
      since: toDate(since),
      lastSeen: lastSeen === undefined ? undefined : toDate(lastSeen),
      version,
      nodes: state === 'Ready' ? this.nodes.get(key) : undefined,
    };
  }

  /** Unknown where the credential may not list nodes: no reason to call a cluster unusable. */
  private countNodes(cluster: ClusterConnection, key: string): Promise<void> {
    const known = this.counting.get(key);
    if (known !== undefined) return known;
    const counting = this.requestNodes(cluster, key);
    this.counting.set(key, counting);
    return counting;
  }

  private async requestNodes(cluster: ClusterConnection, key: string): Promise<void> {
    const target = { cluster, identity: OWN_CREDENTIAL } as const;
    try {
      const options = { query: { limit: 1 }, signal: AbortSignal.timeout(NODES_TIMEOUT_MS) };
      const list = (await this.kubernetes.getPath(target, '/api/v1/nodes', options)) as {
        items?: unknown[];
        metadata?: { remainingItemCount?: number };
      };
      // What answers need not be an API server: then the number stays unknown.
      if (Array.isArray(list.items)) this.nodes.set(key, list.items.length + (list.metadata?.remainingItemCount ?? 0));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
}

const toDate = (monotonicMs: number): Date => new Date(performance.timeOrigin + monotonicMs);

/** Ends when the work does, or when the time is over; the work goes on then. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
