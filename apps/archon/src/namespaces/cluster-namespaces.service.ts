import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { type ClusterConnection, KubernetesGateway, type KubernetesObject } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { AppConfig } from '../config.module.js';
import { OWN_NAME } from '../quotas/merge.js';
import { ROLE_LABELS } from '../roles/cluster-roles.js';

/** How an object of ours is found in a cluster; undefined for one that is not there. */
export type LiveObjects = (ours: KubernetesObject) => KubernetesObject | undefined;

/** Reads what Archon manages of all namespaces of a cluster: a few lists, however many namespaces there are. */
@Injectable()
export class ClusterNamespaces {
  constructor(
    private readonly kubernetes: KubernetesGateway,
    private readonly config: AppConfig,
  ) {}

  async read(cluster: ClusterConnection): Promise<LiveObjects> {
    const found = new Map<string, KubernetesObject>();
    const named = { fieldSelector: `metadata.name=${OWN_NAME}` };
    const rbac = 'rbac.authorization.k8s.io';
    await Promise.all([
      this.gather(
        found,
        cluster,
        'Namespace',
        { group: '', version: 'v1', resource: 'namespaces' },
        { labelSelector: `${this.config.labelBaseDomain}/cluster` },
      ),
      this.gather(found, cluster, 'ResourceQuota', { group: '', version: 'v1', resource: 'resourcequotas' }, named),
      this.gather(found, cluster, 'LimitRange', { group: '', version: 'v1', resource: 'limitranges' }, named),
      this.gather(
        found,
        cluster,
        'RoleBinding',
        { group: rbac, version: 'v1', resource: 'rolebindings' },
        {
          labelSelector: Object.entries(ROLE_LABELS)
            .map((label) => label.join('='))
            .join(','),
        },
      ),
      this.gather(
        found,
        cluster,
        'NamespaceResourceRatio',
        { group: 'resource.alauda.io', version: 'v1', resource: 'namespaceresourceratios' },
        {},
      ),
    ]);
    // A namespace without the label of its project is none that Archon holds.
    return (ours) => {
      const live = found.get(keyOf(ours));
      return live !== undefined && ours.kind === 'Namespace' && !this.isHeld(live) ? undefined : live;
    };
  }

  /** Whether a Namespace carries the label of a project. */
  isHeld({ metadata: { labels = {} } }: KubernetesObject): boolean {
    const domain = this.config.labelBaseDomain;
    return labels[`${domain}/project`] !== undefined || labels[`${domain}/inner-namespace`] !== undefined;
  }

  private async gather(
    found: Map<string, KubernetesObject>,
    cluster: ClusterConnection,
    kind: string,
    ref: { group: string; version: string; resource: string },
    options: { labelSelector?: string; fieldSelector?: string },
  ): Promise<void> {
    const apiVersion = ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
    try {
      // Items of a list tell neither.
      for await (const page of this.kubernetes.listPages({ cluster, identity: PLATFORM }, ref, options))
        for (const item of page.items) found.set(keyOf({ ...item, kind }), { ...item, apiVersion, kind });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error; // else the cluster does not know the kind
    }
  }
}

const keyOf = ({ kind, metadata: { namespace = '', name } }: Pick<KubernetesObject, 'kind' | 'metadata'>): string =>
  `${kind}/${namespace}/${name}`;
