import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { type ClusterConnection, type ClusterFailure, fanOut, KubernetesGateway, METADATA_ONLY } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { type IndexedCluster, type IndexedKind, type IndexedReflection, ObjectIndex } from '../index/object-index.service.js';
import { hasReached } from './awaited-versions.js';
import { ObjectLists } from './object-lists.repository.js';

/** What clusters answered when they were asked whether the index has all that they have. */
export interface Liveness {
  /** When those were asked of which it has: by name. */
  live: ReadonlyMap<string, Date>;
  failures: ClusterFailure[];
}

const FAN_OUT = { deadlineMs: 5000, concurrency: 32 };
const POLL_MS = 100;
const NOT_ASKED: Liveness = { live: new Map(), failures: [] };

/** Asks clusters what they have now, and waits until the index has it. */
@Injectable()
export class LiveClusters {
  constructor(
    private readonly clusters: ClustersService,
    private readonly kubernetes: KubernetesGateway,
    private readonly index: ObjectIndex,
    private readonly lists: ObjectLists,
  ) {}

  /**
   * Each cluster that has the kind lists its objects' names and versions, five seconds for all of it. The list that follows is as if the
   * clusters themselves had been asked; a cluster that could not be is in `failures`.
   */
  async check(clusters: readonly IndexedCluster[], { kind, ...type }: IndexedKind): Promise<Liveness> {
    const having = clusters.flatMap(({ cluster, name, reflections }) => {
      const reflection = reflections.get(kind);
      return reflection === undefined ? [] : [{ name, cluster, reflection }];
    });
    if (having.length === 0) return NOT_ASKED;
    const byName = new Map(having.map((each) => [each.name, each]));
    const reached = await Promise.all(having.map(({ name }) => this.reach(name)));
    const connections = reached.flatMap((each) => ('connection' in each ? [each.connection] : []));
    const asked = await fanOut(
      connections,
      async (connection, signal) => {
        const { cluster, reflection } = byName.get(connection.name)!;
        return this.caughtUp(connection, { ...type, kind, cluster, reflection }, signal);
      },
      FAN_OUT,
    );
    return {
      live: new Map(asked.items.map(({ cluster, value }) => [cluster, value])),
      failures: [...reached.flatMap((each) => ('failure' in each ? [each.failure] : [])), ...asked.failures],
    };
  }

  private async reach(cluster: string): Promise<{ connection: ClusterConnection } | { failure: ClusterFailure }> {
    try {
      return { connection: await this.clusters.connection(cluster) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { failure: { cluster, reason: error.reason, message: error.message } };
    }
  }

  /** Gives when the cluster was asked. A kind of which nothing changes gets no newer version by its watch: then the versions of all objects tell. */
  private async caughtUp(
    connection: ClusterConnection,
    { group, resource, kind, cluster, reflection }: IndexedKind & { cluster: number; reflection: IndexedReflection },
    signal: AbortSignal,
  ): Promise<Date> {
    const askedAt = new Date();
    const ref = { group, version: reflection.version, resource };
    const target = { cluster: connection, identity: PLATFORM };
    const there = new Map<string, string>();
    let version = 0n;
    for await (const { metadata, items } of this.kubernetes.listPages(target, ref, {}, { signal, accept: METADATA_ONLY })) {
      version = BigInt(metadata.resourceVersion ?? 0);
      for (const { metadata: of } of items) there.set(of.uid ?? '', of.resourceVersion ?? '');
    }
    for (;;) {
      const now = (await this.index.clusters([kind])).find((each) => each.cluster === cluster)?.reflections.get(kind);
      if (now !== undefined && hasReached(now.resourceVersion, version)) return askedAt;
      if (isSame(await this.lists.versions(kind, cluster), there)) return askedAt;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

const isSame = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean =>
  one.size === other.size && [...one].every(([uid, version]) => other.get(uid) === version);
