import { Injectable } from '@nestjs/common';
import { KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { type ExtendedResource, EXTENDED_RESOURCES_NAMESPACE, extendedResources } from '../quotas/extended-resources.js';

const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps', namespace: EXTENDED_RESOURCES_NAMESPACE };
const NODES = { group: '', version: 'v1', resource: 'nodes' };

/** Which types of quota a cluster offers beyond those of Kubernetes (NS-4). */
@Injectable()
export class QuotaTypes {
  constructor(
    private readonly clusters: ClustersService,
    private readonly kubernetes: KubernetesGateway,
  ) {}

  async list(cluster: string): Promise<ExtendedResource[]> {
    const target: Target = { cluster: await this.clusters.connection(cluster), identity: PLATFORM };
    const [{ items }, allocatable] = await Promise.all([this.kubernetes.list(target, CONFIG_MAPS), this.allocatable(target)]);
    return extendedResources(items, allocatable);
  }

  /** Of each node; a page of nodes is held at a time. */
  private async allocatable(target: Target): Promise<Record<string, unknown>[]> {
    const amounts: Record<string, unknown>[] = [];
    for await (const { items } of this.kubernetes.listPages(target, NODES)) amounts.push(...items.map(allocatableOf));
    return amounts;
  }
}

const allocatableOf = ({ status }: KubernetesObject): Record<string, unknown> =>
  (status as { allocatable?: Record<string, unknown> } | undefined)?.allocatable ?? {};
