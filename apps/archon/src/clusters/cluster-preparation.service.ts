import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { type ClusterConnection, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';
import { ADMINISTRATORS } from '../auth/principal.js';
import type { ExcessiveRights } from './cluster-check.js';
import { type NeededObject, neededObjects } from './needed-objects.js';

/** A credential may be bound to the groups that it may impersonate: that of the administrators is among them. */
const IMPERSONATE = [{ resource: 'users' }, { resource: 'groups', name: ADMINISTRATORS }];

/** Installs what a cluster needs, as far as the credential may, and finds out what it may not. */
@Injectable()
export class ClusterPreparation {
  constructor(private readonly kubernetes: KubernetesGateway) {}

  /** The rights that are missing, as `verb resource.group`; empty when the cluster is fully usable. Applying again changes nothing. */
  async prepare(cluster: ClusterConnection, dryRun: boolean): Promise<string[]> {
    const missing = await Promise.all([
      ...neededObjects(cluster.name).map((needed) => this.install(cluster, needed, dryRun)),
      ...IMPERSONATE.map(async (wanted) =>
        (await this.may(cluster, { verb: 'impersonate', ...wanted })) ? undefined : `impersonate ${wanted.resource}`,
      ),
    ]);
    return [...new Set(missing.filter((right) => right !== undefined))];
  }

  /** What the credential may do although Archon doesn't need it. */
  async excessiveRights(cluster: ClusterConnection): Promise<ExcessiveRights> {
    const [isClusterAdmin, impersonatesMasters] = await Promise.all([
      this.may(cluster, { verb: '*', group: '*', resource: '*' }),
      this.may(cluster, { verb: 'impersonate', resource: 'groups', name: 'system:masters' }),
    ]);
    return { isClusterAdmin, impersonatesMasters };
  }

  private async install(cluster: ClusterConnection, { ref, object }: NeededObject, dryRun: boolean): Promise<string | undefined> {
    const target = { cluster, identity: OWN_CREDENTIAL } as const;
    try {
      await this.kubernetes.apply(target, ref, object, { force: true, dryRun });
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 403) throw error;
    }
    // Not allowed to install it; that is no matter where somebody else has.
    const found = await this.kubernetes.find(target, ref).catch(() => undefined);
    return found === undefined ? `patch ${ref.resource}.${ref.group}` : undefined;
  }

  /** A SelfSubjectAccessReview. */
  private async may(cluster: ClusterConnection, resourceAttributes: object): Promise<boolean> {
    const review = await this.kubernetes.create(
      { cluster, identity: OWN_CREDENTIAL },
      { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' },
      { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    );
    return (review.status as { allowed?: boolean } | undefined)?.allowed === true;
  }
}
