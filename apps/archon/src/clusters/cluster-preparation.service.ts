import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { type ClusterConnection, KubernetesGateway, OWN_CREDENTIAL, type ResourceRef } from '#kubernetes';
import { ADMINISTRATORS } from '../auth/principal.js';
import { APPLICATION_CRD } from './application-crd.js';
import { PLATFORM_AUDITOR_OBJECTS } from './platform-auditor-role.js';

/** What a cluster must hold before Archon's callers can work on it. */
const NEEDED = [
  {
    ref: { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', name: APPLICATION_CRD.metadata.name },
    object: APPLICATION_CRD,
  },
  {
    ref: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings', name: 'archon-platform-administrators' },
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'archon-platform-administrators' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: ADMINISTRATORS }],
    },
  },
  ...PLATFORM_AUDITOR_OBJECTS,
] as const satisfies { ref: ResourceRef; object: object }[];

const IMPERSONATE = ['users', 'groups'];

/** Installs what a cluster needs, as far as the credential may, and finds out what it may not. */
@Injectable()
export class ClusterPreparation {
  constructor(private readonly kubernetes: KubernetesGateway) {}

  /** The rights that are missing, as `verb resource.group`; empty when the cluster is fully usable. Applying again changes nothing. */
  async prepare(cluster: ClusterConnection): Promise<string[]> {
    const missing = await Promise.all([
      ...NEEDED.map((needed) => this.install(cluster, needed)),
      ...IMPERSONATE.map((resource) => this.missingImpersonation(cluster, resource)),
    ]);
    return [...new Set(missing.filter((right) => right !== undefined))];
  }

  private async install(cluster: ClusterConnection, { ref, object }: (typeof NEEDED)[number]): Promise<string | undefined> {
    const target = { cluster, identity: OWN_CREDENTIAL } as const;
    try {
      await this.kubernetes.apply(target, ref, object, { force: true });
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 403) throw error;
    }
    // Not allowed to install it; that is no matter where somebody else has.
    const found = await this.kubernetes.find(target, ref).catch(() => undefined);
    return found === undefined ? `patch ${ref.resource}.${ref.group}` : undefined;
  }

  private async missingImpersonation(cluster: ClusterConnection, resource: string): Promise<string | undefined> {
    const review = await this.kubernetes.create(
      { cluster, identity: OWN_CREDENTIAL },
      { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' },
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: 'impersonate', resource } },
      },
    );
    return (review.status as { allowed?: boolean } | undefined)?.allowed === true ? undefined : `impersonate ${resource}`;
  }
}
