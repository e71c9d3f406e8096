import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Connections, fanOut } from '#kubernetes';
import type { Logger } from '#log';
import { Metrics } from '../health/metrics.service.js';
import { LOGGER } from '../logger.module.js';
import { ClusterEntity } from './cluster.entity.js';
import { ClustersService } from './clusters.service.js';
import { endingSoon, expiryText, withServingCertificate } from './credential-expiry.js';

const REFRESH_MS = 60_000;
const DAY_MS = 86_400_000;
/** API servers that are asked for their certificate at the same time, and how long each may take. */
const LOOK = { concurrency: 4, deadlineMs: 5000 };

type Known = Pick<ClusterEntity, 'id' | 'name' | 'generation' | 'expirations'>;

/**
 * Tells in time what leads to clusters and ends: by a metric, and by a line of the log per day for each that ends within 14 days. What
 * API servers show of themselves is looked at anew each day, as they renew their certificates.
 */
@Injectable()
export class ClusterExpirations implements OnApplicationBootstrap, OnApplicationShutdown {
  private known: Known[] = [];
  private toldAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    @InjectRepository(ClusterEntity) private readonly rows: Repository<ClusterEntity>,
    private readonly clusters: ClustersService,
    private readonly connections: Connections,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.metrics.showExpirations(() =>
      this.known.flatMap(({ name, expirations }) => expirations.map(({ what, at }) => ({ cluster: name, what, at: new Date(at) }))),
    );
    void this.refresh();
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async refresh(): Promise<void> {
    try {
      await this.read();
      if (performance.now() - this.toldAt >= DAY_MS) {
        await this.lookAtServers();
        await this.read();
        this.tell(new Date());
        this.toldAt = performance.now();
      }
    } catch (error) {
      // The database is away: what was known is still shown.
      this.logger.warn({ err: error }, 'the expiry of cluster credentials could not be read');
    }
    if (!this.stopped) this.timer = setTimeout(() => void this.refresh(), REFRESH_MS).unref();
  }

  private async read(): Promise<void> {
    this.known = await this.rows.find({ select: { id: true, name: true, generation: true, expirations: true }, order: { name: 'ASC' } });
  }

  private tell(now: Date): void {
    const ending = this.known.flatMap(({ name, expirations }) => endingSoon(expirations, now).map((one) => ({ cluster: name, ...one })));
    for (const { cluster, what, at } of ending)
      this.logger.warn({ cluster, what, expiresAt: at }, `${expiryText({ what, at }, now)}: give the cluster a new one in time`);
    this.logger.info({ clusters: this.known.length, ending: ending.length }, 'the expiry of cluster credentials was checked');
  }

  /** A cluster that can't be asked keeps what is known of it. */
  private async lookAtServers(): Promise<void> {
    const connections = await this.clusters.enabledConnections();
    await fanOut(connections, async (connection) => this.learn(connection.id, await this.connections.serverCertificate(connection)), LOOK);
  }

  /** No change of the registration: its version stays. With another generation by now, that one was looked at when it was tried. */
  private async learn(id: string, { validTo }: { validTo: Date }): Promise<void> {
    const row = this.known.find((known) => known.id === id);
    if (row === undefined) return;
    const expirations = withServingCertificate(row.expirations, validTo);
    if (JSON.stringify(expirations) === JSON.stringify(row.expirations)) return;
    await this.rows.update({ id, generation: row.generation }, { expirations });
  }
}
