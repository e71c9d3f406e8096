import { Injectable } from '@nestjs/common';
import { ApiError, invalid, type StatusCause } from '#errors';
import {
  type ClusterConnection,
  describeObject,
  Discovery,
  isConnectionFailure,
  KubernetesGateway,
  type KubernetesObject,
  parseApiVersion,
  type ResourceRef,
  type Target,
} from '#kubernetes';
import { APPLICATION_API_VERSION } from './application-document.js';
import type { UnreadKind } from './application-status.js';

/** An object with the way to it on its cluster. */
export interface LocatedComponent {
  ref: ResourceRef & { name: string };
  object: KubernetesObject;
}

interface Kind {
  group: string;
  kind: string;
}

/** The components of applications on a cluster: where their kinds are served, and what is there now. */
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

  /** Finds the resource of each object. Throws 422 that names each kind which the cluster lacks or which has no namespace. */
  async locate(cluster: ClusterConnection, objects: readonly KubernetesObject[]): Promise<LocatedComponent[]> {
    const causes: StatusCause[] = [];
    const located: LocatedComponent[] = [];
    for (const object of objects) {
      const { group, version } = parseApiVersion(object.apiVersion);
      const type = await this.discovery.findType(cluster, group, version, object.kind);
      const field = describeObject(object);
      if (type === undefined)
        causes.push({
          field,
          message: `cluster "${cluster.name}" does not serve ${object.kind} of ${object.apiVersion}: install its CustomResourceDefinition or use a version that is served`,
        });
      else if (!type.namespaced) causes.push({ field, message: 'is not part of a namespace, and an application is' });
      else
        located.push({
          object,
          ref: { group, version, resource: type.resource, namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' },
        });
    }
    if (causes.length > 0) throw invalid('the application', causes);
    return located;
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
  ): Promise<{ components: LocatedComponent[]; unread: UnreadKind[] }> {
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

  private async listKind(target: Target, namespace: string, { group, kind }: Kind, labelSelector: string): Promise<LocatedComponent[]> {
    // The guide writes the core group as "core", Kubernetes as the empty string.
    const type = await this.discovery.findPreferredType(target.cluster, group === 'core' ? '' : group, kind);
    if (type === undefined) throw new ApiError('NotFound', `cluster "${target.cluster.name}" does not serve this kind`);
    const ref = { group: type.group, version: type.version, resource: type.resource, namespace };
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
    const found: LocatedComponent[] = [];
    for await (const page of this.kubernetes.listPages(target, ref, { labelSelector })) {
      // Items of a typed list come without kind and apiVersion.
      for (const item of page.items) found.push({ ref: { ...ref, name: item.metadata.name ?? '' }, object: { ...item, apiVersion, kind } });
    }
    return found;
  }
}
