import type { AddressPolicy } from './checked-lookup.gateway.js';
import { connectionFailure } from './connection-failure.js';
import { readServerCertificate, type ServerCertificate } from './server-certificate.gateway.js';
import type { ClusterConnection } from './cluster-connection.js';
import { ClusterLink, type ConnectionLimits, type LinkStatus } from './cluster-link.gateway.js';

const TICK_MS = 250;
/** New connections for probes, per tick: clusters that come back together are not stormed, and still asked every few seconds. */
const PROBE_CONNECTIONS = 8;

/**
 * The links to all clusters, separate per credential generation, so that a connection authenticated with one credential is never used for
 * another. One clock, read a few times a second, serves them all: no request costs a timer.
 */
export class Connections {
  private readonly links = new Map<string, ClusterLink>();
  private readonly clock = { now: performance.now() };
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly addresses: AddressPolicy,
  ) {}

  of(connection: ClusterConnection): ClusterLink {
    const found = this.links.get(connection.id);
    if (found !== undefined && found.connection.generation === connection.generation) return found;
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
    this.clock.now = performance.now();
    const created = new ClusterLink(connection, this.limits, this.addresses, this.clock);
    created.isWatched = found?.isWatched ?? false;
    this.links.set(connection.id, created);
    if (found !== undefined) void found.close();
    return created;
  }

  /** What a cluster's API server shows of itself. Throws 503 as a request would. */
  async serverCertificate(cluster: ClusterConnection): Promise<ServerCertificate> {
    try {
      return await readServerCertificate(cluster, this.addresses, this.limits.connectTimeoutMs);
    } catch (error) {
      throw connectionFailure(cluster.name, error);
    }
  }

  /** From now on exactly these clusters are probed when nobody uses them; a cluster that was watched and is not any more is forgotten. */
  watch(clusters: ClusterConnection[]): void {
    const ids = new Set(clusters.map(({ id }) => id));
    for (const [id, link] of this.links) if (link.isWatched && !ids.has(id)) void this.forget(id);
    for (const cluster of clusters) this.of(cluster).isWatched = true;
  }

  /** What is known of the watched clusters, by name. */
  *statuses(): Generator<[string, LinkStatus]> {
    for (const link of this.links.values()) if (link.isWatched) yield [link.connection.name, link.status];
  }

  /** Ends the connections to a cluster that was removed. */
  async forget(clusterId: string): Promise<void> {
    const found = this.links.get(clusterId);
    this.links.delete(clusterId);
    await found?.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const all = [...this.links.values()];
    this.links.clear();
    await Promise.all(all.map((link) => link.destroy()));
  }

  private tick(): void {
    this.clock.now = performance.now();
    let connections = PROBE_CONNECTIONS;
    for (const [id, link] of [...this.links]) {
      if (!link.tick(connections > 0)) continue;
      connections--;
      // Whoever had its turn waits behind the others, or the first of the map would starve the last.
      this.links.delete(id);
      this.links.set(id, link);
    }
  }
}
