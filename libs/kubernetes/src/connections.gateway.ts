import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressPolicy } from './checked-lookup.gateway.js';
import { connectionFailure } from './connection-failure.js';
import { readServerCertificate, type ServerCertificate } from './server-certificate.gateway.js';
import type { ClusterConnection } from './cluster-connection.js';
import { ClusterLink, type ConnectionLimits, type LinkStatus } from './cluster-link.gateway.js';

const TICK_MS = 250;
/** The least time between two look-ups of one cluster. */
const LOOK_MS = 250;
/** New connections for probes, per tick: clusters that come back together are not stormed, and still asked every few seconds. */
const PROBE_CONNECTIONS = 5;
/** So long a link is kept that is not watched and carries nothing: who still knows a cluster that was removed may have opened it anew. */
const UNUSED_MS = 10_000;

/**
 * The links to all clusters, separate per credential generation, so that a connection authenticated with one credential is never used for
 * another. One clock, read a few times a second, serves them all: no request costs a timer.
 */
export class Connections {
  private readonly links = new Map<string, ClusterLink>();
  private readonly clock = { now: performance.now() };
  private timer: NodeJS.Timeout | undefined;
  /** When each cluster was last looked up, and the next time if someone waits for it. */
  private readonly looks = new Map<string, { begunAt: number; next?: Promise<ClusterConnection | undefined> }>();
  private look: (clusterId: string) => Promise<ClusterConnection | undefined> = () => Promise.resolve(undefined);

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly addresses: AddressPolicy,
  ) {}

  /** Of the newest generation that was seen: who still holds an older connection is led to it. Use `connection` of what is returned. */
  of(connection: ClusterConnection): ClusterLink {
    const found = this.links.get(connection.id);
    if (found !== undefined && found.connection.generation >= connection.generation) return found;
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
    this.clock.now = performance.now();
    const created = new ClusterLink(connection, this.limits, this.addresses, this.clock);
    created.isWatched = found?.isWatched ?? false;
    this.links.set(connection.id, created);
    if (found !== undefined) void found.close();
    return created;
  }

  /** How the present registration of a cluster is found, for `newerThan`. */
  lookUpBy(look: (clusterId: string) => Promise<ClusterConnection | undefined>): void {
    this.look = look;
  }

  /** The way to a cluster with a newer credential than one that it has just refused; undefined when there is none. */
  async newerThan({ id, generation }: ClusterConnection): Promise<ClusterConnection | undefined> {
    const isNewer = (found: ClusterConnection | undefined) => found !== undefined && found.generation > generation;
    const known = this.links.get(id)?.connection;
    if (isNewer(known)) return known;
    const found = await this.lookUp(id);
    return found !== undefined && isNewer(found) ? this.of(found).connection : undefined;
  }

  /**
   * A cluster that refuses a thousand requests is looked up a few times a second. Nobody gets the result of a look-up that had begun
   * before: the credential may have been replaced since.
   */
  private lookUp(id: string): Promise<ClusterConnection | undefined> {
    const look = this.looks.get(id) ?? { begunAt: Number.NEGATIVE_INFINITY };
    this.looks.set(id, look);
    look.next ??= sleep(Math.max(0, look.begunAt + LOOK_MS - performance.now()), undefined, { ref: false }).then(() => {
      look.next = undefined;
      look.begunAt = performance.now();
      return this.look(id).catch(() => undefined); // the database is away: then nothing newer is known
    });
    return look.next;
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
    this.looks.delete(clusterId);
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
      if (!link.isWatched && link.unusedMs > UNUSED_MS) {
        void this.forget(id);
        continue;
      }
      if (!link.tick(connections > 0)) continue;
      connections--;
      // Whoever had its turn waits behind the others, or the first of the map would starve the last.
      this.links.delete(id);
      this.links.set(id, link);
    }
  }
}
