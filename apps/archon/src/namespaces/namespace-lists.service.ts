import { Injectable } from '@nestjs/common';
import { KubernetesGateway } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { reaches } from '../auth/access-scope.js';
import type { Principal } from '../auth/principal.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { Rights } from '../members/rights.service.js';
import { selectNamespaces, toItem } from './namespace-list.js';
import { isProtectedNamespace } from './namespace-names.js';
import { NamespaceRows } from './namespace-rows.service.js';
import type {
  ImportableListResponse,
  ListImportableQuery,
  ListNamespacesQuery,
  NamespaceItemResponse,
  NamespaceListResponse,
} from './namespaces.dto.js';

/** Lists of namespaces (NS-12): of a project over all its clusters, and of those in a cluster that a project may take. */
@Injectable()
export class NamespaceLists {
  constructor(
    private readonly clusters: ClustersService,
    private readonly rights: Rights,
    private readonly rows: NamespaceRows,
    private readonly kubernetes: KubernetesGateway,
    private readonly config: AppConfig,
  ) {}

  /**
   * Asks no cluster: each item says when its cluster was last seen to hold it. Shows those that the caller may see, which needs no right to
   * list namespaces in any cluster.
   */
  async ofProject(
    caller: Principal,
    project: string,
    query: ListNamespacesQuery,
    matches: (item: NamespaceItemResponse) => boolean = () => true,
  ): Promise<NamespaceListResponse> {
    const isMember = await this.rights.allows(caller, { function: 'acp-namespaces', action: 'list', project });
    const mine = new Set(
      caller.memberships.flatMap(({ cluster, namespace }) => (namespace === undefined ? [] : [`${cluster}/${namespace}`])),
    );
    if (!isMember && !caller.memberships.some((membership) => membership.project === project))
      await this.rights.require(caller, { function: 'acp-namespaces', action: 'list', project });
    const inAll = isMember || caller.memberships.some(({ scope, project: of }) => scope === 'project' && of === project);
    const names = await this.clusters.names();
    const items = (await this.rows.ofProject(project)).flatMap((row) => {
      const cluster = names.get(row.clusterId);
      if (cluster === undefined || row.isInner || !reaches(caller.scope, cluster, row.name)) return [];
      return inAll || mine.has(`${cluster}/${row.name}`) ? [toItem(row, cluster)] : [];
    });
    return selectNamespaces(items.filter(matches), query);
  }

  /** Those that no project holds and that are not the system's. */
  async importable(
    caller: Principal,
    cluster: string,
    { project_name: project, keyword }: ListImportableQuery,
  ): Promise<ImportableListResponse> {
    await this.rights.require(caller, { function: 'acp-namespace-import', action: 'list', project, cluster });
    const connection = await this.clusters.connection(cluster);
    const target = { cluster: connection, identity: PLATFORM } as const;
    const held = new Set((await this.rows.ofCluster(connection.id)).map(({ name }) => name));
    const items: ImportableListResponse['items'] = [];
    const domain = this.config.labelBaseDomain;
    const pages = this.kubernetes.listPages(
      target,
      { group: '', version: 'v1', resource: 'namespaces' },
      { labelSelector: `!${domain}/project,!${domain}/inner-namespace` },
    );
    for await (const page of pages)
      for (const { metadata } of page.items) {
        const { name = '', labels = {}, annotations = {}, creationTimestamp = '', deletionTimestamp } = metadata;
        if (held.has(name) || isProtectedNamespace(name) || deletionTimestamp !== undefined) continue;
        if (keyword === undefined || name.includes(keyword)) items.push({ name, labels, annotations, creationTimestamp });
      }
    return { items };
  }
}
