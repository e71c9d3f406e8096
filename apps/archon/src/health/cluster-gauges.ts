import { Counter, Gauge, type Registry } from 'prom-client';
import type { LinkStatus } from '#kubernetes';

const PHASES = ['closed', 'half-open', 'open'] as const;

/** Something without which a cluster can't be reached any more. */
export interface ClusterExpiration {
  cluster: string;
  what: string;
  at: Date;
}

/** How far the index is behind a cluster. */
export interface ClusterIndexed {
  cluster: string;
  syncedAt: Date;
}

/** Adds when the index last heard of each cluster. */
export function showIndexed(registry: Registry, source: () => Promise<Iterable<ClusterIndexed>>): void {
  new Gauge({
    name: 'archon_index_synced_timestamp_seconds',
    help: 'When the index last heard of the cluster, as seconds since 1970: of all kinds the one that was heard longest ago',
    labelNames: ['cluster'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { cluster, syncedAt } of await source()) this.set({ cluster }, syncedAt.getTime() / 1000);
    },
  });
}

/** Adds when what leads to each cluster ends. */
export function showExpirations(registry: Registry, source: () => Iterable<ClusterExpiration>): void {
  new Gauge({
    name: 'archon_cluster_credential_expiry_timestamp_seconds',
    help: 'When a token or certificate ends without which the cluster can not be reached, as seconds since 1970',
    labelNames: ['cluster', 'what'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { cluster, what, at } of source()) this.set({ cluster, what }, at.getTime() / 1000);
    },
  });
}

/** Adds what is known of each cluster to `/metrics`; read when it is asked for, so that no request pays for it. */
export function showClusters(registry: Registry, statuses: () => Iterable<[string, LinkStatus]>): void {
  const registers = [registry];
  new Gauge({
    name: 'archon_cluster_up',
    help: '1 while the cluster answers and takes the credential, 0 while it does not; absent until that is known',
    labelNames: ['cluster'],
    registers,
    collect() {
      this.reset();
      for (const [cluster, { state }] of statuses()) if (state !== undefined) this.set({ cluster }, state === 'Ready' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'archon_cluster_breaker_state',
    help: '1 for the state that the circuit breaker of the cluster is in',
    labelNames: ['cluster', 'state'],
    registers,
    collect() {
      this.reset();
      for (const [cluster, { phase }] of statuses()) for (const state of PHASES) this.set({ cluster, state }, phase === state ? 1 : 0);
    },
  });
  new Gauge({
    name: 'archon_cluster_requests_in_flight',
    help: "Requests at the cluster: Archon's own, forwarded ones, and streams",
    labelNames: ['cluster', 'kind'],
    registers,
    collect() {
      this.reset();
      for (const [cluster, { inFlight }] of statuses())
        for (const [kind, count] of Object.entries(inFlight)) this.set({ cluster, kind }, count);
    },
  });
  new Counter({
    name: 'archon_cluster_rejected_total',
    help: 'Requests that were not sent to the cluster: its breaker was open, or as many were under way as it gets',
    labelNames: ['cluster', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const [cluster, { rejected }] of statuses())
        for (const [reason, count] of Object.entries(rejected)) this.inc({ cluster, reason }, count);
    },
  });
}
