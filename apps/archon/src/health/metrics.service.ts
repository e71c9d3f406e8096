import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { Connections } from '#kubernetes';
import { type ClusterExpiration, type ClusterIndexed, showClusters, showExpirations, showIndexed } from './cluster-gauges.js';

const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What `/metrics` shows: Prometheus text, names after the Prometheus naming rules. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'archon_http_request_duration_seconds',
    help: 'Duration of requests by method, route template and status code',
    labelNames: ['method', 'route', 'code'],
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });
  /** Cluster, method and code in one text → how many: the client's own way to a counter costs more than all else that is counted. */
  private readonly proxied = new Map<string, number>();
  private readonly auditLost = new Counter({
    name: 'archon_audit_events_lost_total',
    help: 'Audit events that are in the process log only, as the database did not take them',
    registers: [this.registry],
  });

  constructor(connections: Connections) {
    collectDefaultMetrics({ register: this.registry });
    showClusters(this.registry, () => connections.statuses());
    this.showProxied();
  }

  observe(method: string, route: string, code: number, ms: number): void {
    this.requests.observe({ method, route, code }, ms / 1000);
  }

  countProxied(cluster: string, method: string, code: number): void {
    const key = `${cluster} ${method} ${code}`;
    this.proxied.set(key, (this.proxied.get(key) ?? 0) + 1);
  }

  countAuditLost(): void {
    this.auditLost.inc();
  }

  /** What `source` knows of clusters' credentials is shown too. */
  showExpirations(source: () => Iterable<ClusterExpiration>): void {
    showExpirations(this.registry, source);
  }

  /** What `source` knows of the index is shown too. */
  showIndexed(source: () => Promise<Iterable<ClusterIndexed>>): void {
    showIndexed(this.registry, source);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private showProxied(): void {
    const { proxied } = this;
    new Counter({
      name: 'archon_proxy_requests_total',
      help: 'Proxied requests by cluster, method and status code',
      labelNames: ['cluster', 'method', 'code'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [key, count] of proxied) {
          const [cluster = '', method = '', code = ''] = key.split(' ');
          this.inc({ cluster, method, code }, count);
        }
      },
    });
  }
}
