import { Injectable } from '@nestjs/common';
import { Discovery, type ResourceType } from '#kubernetes';
import { ClustersService } from '../clusters/clusters.service.js';
import type { ResourceTypeListResponse } from './resource-types.dto.js';

/** What clusters serve. */
@Injectable()
export class ResourceTypes {
  constructor(
    private readonly clusters: ClustersService,
    private readonly discovery: Discovery,
  ) {}

  /** By API group and version, in the cluster's order: the preferred version of a group comes first. Throws 404 and 503 for the cluster. */
  async list(cluster: string): Promise<ResourceTypeListResponse[]> {
    const types = await this.discovery.resourceTypes(await this.clusters.connection(cluster));
    return [...Map.groupBy(types, ({ group, version }) => (group === '' ? version : `${group}/${version}`))].map(
      ([groupVersion, resources]) => ({ groupVersion, resources: resources.map(toResource) }),
    );
  }
}

const toResource = ({ group, resource: name, ...type }: ResourceType) => ({ name, ...(group === '' ? {} : { group }), ...type });
