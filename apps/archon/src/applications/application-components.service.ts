import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { type ClusterConnection, Discovery, isConnectionFailure, KubernetesGateway, parseApiVersion, type Target } from '#kubernetes';
import type { Component } from './application-changes.js';
import { APPLICATION_API_VERSION } from './application-document.js';
import type { UnreadKind } from './application-status.js';

interface Kind {
  group: string;
  kind: string;
}

/** The components of applications on a cluster: what is there now. */
@Injectable()
export class ApplicationComponents {
  constructor(
    private readonly kubernetes: KubernetesGateway,
    private readonly discovery: Discovery,
  ) {}

  /** Throws 404 that says what is missing when the cluster doesn't know applications: its credential may not install them. */
  async requireApplications(cluster: ClusterConnection): Promise<void> {
    const { group, version } = parseApiVersion(APPLICATION_API_VERSION);
    if ((await this.discovery.findType(cluster, group, version, 'Application')) === undefined)
      throw new ApiError(
        'NotFound',
        `cluster "${cluster.name}" has no applications.app.k8s.io: install its CustomResourceDefinition, or let the registered credential do so`,
        { cluster: cluster.name },
      );
  }

  /**
   * What the cluster holds for a label selector, of the given kinds, as the caller sees it. A kind that the caller may not list or that is no
   * longer served is told in `unread`; a cluster out of reach throws.
   */
  async list(
    target: Target,
    namespace: string,
    kinds: readonly Kind[],
    labelSelector: string,
  ): Promise<{ components: Component[]; unread: UnreadKind[] }> {
    const unread: UnreadKind[] = [];
    const lists = await Promise.all(
      kinds.map(async (wanted) => {
        try {
          return await this.listKind(target, namespace, wanted, labelSelector);
        } catch (error) {
          if (!(error instanceof ApiError) || isConnectionFailure(error)) throw error;
          unread.push({ kind: wanted.kind, reason: error.reason, message: error.message });
          return [];
        }
      }),
    );
    return { components: lists.flat(), unread };
  }

  private async listKind(target: Target, namespace: string, { group, kind }: Kind, labelSelector: string): Promise<Component[]> {
    // The guide writes the core group as "core", Kubernetes as the empty string.
    const type = await this.discovery.findPreferredType(target.cluster, group === 'core' ? '' : group, kind);
    if (type === undefined) throw new ApiError('NotFound', `cluster "${target.cluster.name}" does not serve this kind`);
    const ref = { group: type.group, version: type.version, resource: type.resource, namespace };
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
    const found: Component[] = [];
    for await (const page of this.kubernetes.listPages(target, ref, { labelSelector })) {
      // What another object controls has its labels, and is that object's affair: the ReplicaSets of a Deployment, the Jobs of a CronJob.
      const own = page.items.filter(({ metadata }) => metadata.ownerReferences?.some(({ controller }) => controller === true) !== true);
      // Items of a typed list come without kind and apiVersion.
      for (const item of own) found.push({ ref: { ...ref, name: item.metadata.name ?? '' }, object: { ...item, apiVersion, kind } });
    }
    return found;
  }
}
