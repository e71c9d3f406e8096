import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApiError } from '#errors';
import { type ClusterConnection, KubernetesGateway, type KubernetesObject } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { PROJECT_QUOTA_CRD } from '../clusters/project-crds.js';
import { AppConfig } from '../config.module.js';
import { isCurrent, PROJECT_QUOTAS, projectQuotaObject, projectQuotaRef, type ProjectShare } from './project-quota-object.js';

const DEFINITION = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  name: PROJECT_QUOTA_CRD.metadata.name,
};

/**
 * Keeps the ProjectQuotas of a cluster as the ledger is, for those who read quotas there. Nothing is ever read from them: what is changed by
 * hand is put back. They go with the project's own namespace: see `NamespacePlans`.
 */
@Injectable()
export class ProjectQuotaMirror {
  constructor(
    private readonly database: DataSource,
    private readonly kubernetes: KubernetesGateway,
    private readonly config: AppConfig,
  ) {}

  async mirror(cluster: ClusterConnection): Promise<void> {
    const target = { cluster, identity: PLATFORM } as const;
    const live = await this.live(cluster);
    if (live === undefined) {
      // Registered before there were any: they are written at the next look.
      await this.kubernetes.apply(target, DEFINITION, PROJECT_QUOTA_CRD, { force: true });
      return;
    }
    for (const share of await this.shares(cluster.id)) {
      const ours = projectQuotaObject(share, this.config.labelBaseDomain);
      if (!isCurrent(live.get(share.project), ours))
        await this.kubernetes.apply(target, projectQuotaRef(share.project), ours, { force: true });
    }
  }

  /** By name; undefined where the cluster doesn't know the kind. */
  private async live(cluster: ClusterConnection): Promise<Map<string, KubernetesObject> | undefined> {
    const found = new Map<string, KubernetesObject>();
    try {
      for await (const page of this.kubernetes.listPages({ cluster, identity: PLATFORM }, PROJECT_QUOTAS))
        for (const object of page.items) found.set(object.metadata.name ?? '', object);
      return found;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Of the projects that are in the cluster to stay. */
  private async shares(clusterId: string): Promise<ProjectShare[]> {
    const rows = await this.database.query<{ project: string; hard: Record<string, string>; claimed: Record<string, string> | null }[]>(
      `select pc.project, pc.hard,
          (select jsonb_object_agg(sums.key, sums.amount) from (
             select c.key, sum(c.amount)::text as amount
             from quota_claims c join namespaces n on n.cluster_id = c.cluster_id and n.name = c.namespace
             where n.project = pc.project and n.cluster_id = pc.cluster_id group by c.key) sums) as claimed
       from project_clusters pc join projects p on p.name = pc.project
       where pc.cluster_id = $1 and pc.phase <> 'Leaving' and p.deleted_at is null order by pc.project`,
      [clusterId],
    );
    return rows.map(({ project, hard, claimed }) => ({
      project,
      hard,
      claimed: new Map(Object.entries(claimed ?? {}).map(([key, amount]) => [key, BigInt(amount)])),
    }));
  }
}
