import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config.module.js';
import { Metrics } from '../health/metrics.service.js';

/** Shows in the metrics how far the index is behind each cluster. */
@Injectable()
export class IndexLag implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly metrics: Metrics,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    // A database that is away must not take the other metrics with it.
    if (this.config.index) this.metrics.showIndexed(() => this.syncedAt().catch(() => []));
  }

  private syncedAt(): Promise<{ cluster: string; syncedAt: Date }[]> {
    return this.database.query(
      `select c.name as cluster, min(r.synced_at) as "syncedAt" from reflections r
       join indexed_clusters i on i.id = r.cluster join clusters c on c.id = i.cluster_id
       where r.listed_at is not null group by c.name`,
    );
  }
}
