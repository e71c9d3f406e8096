import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import { OWN_NAME } from '../quotas/merge.js';
import { namespaceRef } from './namespace-objects.js';

/** A namespace as its cluster has it. */
export interface LiveNamespace {
  namespace: KubernetesObject;
  /** The ResourceQuota `default`. */
  quota: KubernetesObject | undefined;
  /** All of them, `default` among them. */
  quotas: KubernetesObject[];
  limitRanges: KubernetesObject[];
  /** Looks an object up that may be one of ours. */
  objects: (ours: KubernetesObject) => KubernetesObject | undefined;
}

const KINDS = [
  { kind: 'ResourceQuota', group: '', version: 'v1', resource: 'resourcequotas' },
  { kind: 'LimitRange', group: '', version: 'v1', resource: 'limitranges' },
  { kind: 'RoleBinding', group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'rolebindings' },
  { kind: 'NamespaceResourceRatio', group: 'resource.alauda.io', version: 'v1', resource: 'namespaceresourceratios' },
] as const;

/** Reads what Archon manages of a namespace, with five requests whatever is in it. */
@Injectable()
export class NamespaceReader {
  constructor(private readonly kubernetes: KubernetesGateway) {}

  async everything(target: Target, name: string): Promise<LiveNamespace> {
    const [namespace, ...lists] = await Promise.all([
      this.kubernetes.get(target, namespaceRef(name)),
      ...KINDS.map(({ kind: _, ...ref }) => this.list(target, { ...ref, namespace: name })),
    ]);
    const byKey = new Map<string, KubernetesObject>([[`Namespace/${name}`, namespace]]);
    KINDS.forEach(({ kind, group, version }, index) => {
      // Items of a list tell neither.
      for (const item of lists[index] ?? [])
        byKey.set(`${kind}/${item.metadata.name}`, { ...item, apiVersion: group === '' ? version : `${group}/${version}`, kind });
    });
    const objects = ({ kind, metadata }: KubernetesObject) => byKey.get(`${kind}/${metadata.name}`);
    return {
      namespace,
      quotas: lists[0] ?? [],
      limitRanges: lists[1] ?? [],
      quota: byKey.get(`ResourceQuota/${OWN_NAME}`),
      objects,
    };
  }

  private async list(
    target: Target,
    ref: { group: string; version: string; resource: string; namespace: string },
  ): Promise<KubernetesObject[]> {
    try {
      return (await this.kubernetes.list(target, ref)).items;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return []; // the cluster does not know the kind
      throw error;
    }
  }
}
