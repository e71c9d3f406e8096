import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { type ClusterEvent, ClusterEvents } from './cluster-events.service.js';
import { ClusterLists } from './cluster-lists.service.js';
import { type ClusterSnapshot, toSnapshot } from './cluster-snapshot.js';
import type { RegistryClustersQuery } from './clusters-query.dto.js';
import { ClustersService } from './clusters.service.js';
import { REGISTRY_API_VERSION, toRegistryCluster } from './registry-cluster.js';

const TIMEOUT_SECONDS = 1800;

/** Clusters as the official `clusterregistry.k8s.io/v1alpha1` lists and watches them. */
@Injectable()
export class RegistryClusters {
  private readonly displayName: string;

  constructor(
    private readonly lists: ClusterLists,
    private readonly events: ClusterEvents,
    private readonly clusters: ClustersService,
    config: AppConfig,
  ) {
    this.displayName = `${config.labelBaseDomain}/display-name`;
  }

  async list(caller: Principal, query: RegistryClustersQuery) {
    const { rows, metadata } = await this.lists.page(caller, query);
    const items = await Promise.all(rows.map((row) => this.toObject(caller, toSnapshot(row))));
    return { apiVersion: REGISTRY_API_VERSION, kind: 'ClusterList', metadata, items };
  }

  /** One JSON object per line. Without a version, or from 0, it begins with all clusters as they are. Throws 400 before the first line. */
  watch(caller: Principal, query: RegistryClustersQuery, onBegin: () => void): AsyncGenerator<string> {
    const matches = this.lists.selection(caller, query);
    return this.lines(caller, query, matches, onBegin);
  }

  private async *lines(
    caller: Principal,
    query: RegistryClustersQuery,
    matches: (cluster: ClusterSnapshot) => boolean,
    onBegin: () => void,
  ): AsyncGenerator<string> {
    onBegin();
    let version = BigInt(query.resourceVersion ?? 0);
    if (version === 0n) {
      const { rows, metadata } = await this.lists.page(caller, { ...query, limit: 0 });
      for (const row of rows) yield await this.line(caller, { type: 'ADDED', cluster: toSnapshot(row) });
      version = BigInt(metadata.resourceVersion);
    }
    const timeoutMs = (query.timeoutSeconds || TIMEOUT_SECONDS) * 1000;
    const events = this.events.watch({ caller, matches, version, timeoutMs, bookmarks: query.allowWatchBookmarks === true });
    for await (const event of events) yield await this.line(caller, event);
  }

  private async line(caller: Principal, event: ClusterEvent): Promise<string> {
    return `${JSON.stringify(await this.toWatchEvent(caller, event))}\n`;
  }

  private async toWatchEvent(caller: Principal, event: ClusterEvent): Promise<object> {
    if (event.type === 'LOST') return { type: 'ERROR', object: lost().toStatus() };
    if (event.type !== 'BOOKMARK') return { type: event.type, object: await this.toObject(caller, event.cluster) };
    const { type, resourceVersion } = event;
    return { type, object: { apiVersion: REGISTRY_API_VERSION, kind: 'Cluster', metadata: { resourceVersion } } };
  }

  private async toObject(caller: Principal, cluster: ClusterSnapshot) {
    return toRegistryCluster(cluster, await this.clusters.findHealth(cluster.id), caller.isAdministrator, this.displayName);
  }
}

const lost = () => new ApiError('Expired', 'too old resource version: list again, then watch from the version of the list');
