import { Injectable } from '@nestjs/common';
import { conflict, notFound } from '#errors';
import { KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { POD_SECURITY_SAMPLES, type PodSecuritySample, podSecurityPolicy } from '../quotas/pod-security-samples.js';
import { uidRangeAnnotation } from '../quotas/uid-range.js';
import { namespaceRef } from './namespace-objects.js';
import { NamespacesService } from './namespaces.service.js';

const FUNCTION = 'acp-namespace-resource-manage';
const KYVERNO = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', name: 'policies.kyverno.io' };
const policyRef = (namespace: string, name: string) => ({ group: 'kyverno.io', version: 'v1', resource: 'policies', namespace, name });

/** The samples of pod security, and their policies in namespaces where Kyverno is installed (NS-17). */
@Injectable()
export class PodSecurityPolicies {
  constructor(
    private readonly namespaces: NamespacesService,
    private readonly kubernetes: KubernetesGateway,
    private readonly config: AppConfig,
  ) {}

  list(): readonly PodSecuritySample[] {
    this.requireFeature();
    return POD_SECURITY_SAMPLES;
  }

  /** Applies it again where it was changed. Throws 409 without Kyverno, 422 when it needs user ids that the namespace has not. */
  async apply(caller: Principal, cluster: string, namespace: string, sample: string): Promise<KubernetesObject> {
    const target = await this.open(caller, { cluster, namespace, sample }, 'create');
    const { metadata } = await this.kubernetes.get(target, namespaceRef(namespace));
    const range = metadata.annotations?.[uidRangeAnnotation(this.config.labelBaseDomain)];
    const policy = podSecurityPolicy(sample, namespace, range, this.config.labelBaseDomain);
    if (policy === undefined) throw notFound('podsecuritysamples', sample);
    return (await this.kubernetes.apply(target, policyRef(namespace, sample), policy, { force: true })).object;
  }

  async remove(caller: Principal, cluster: string, namespace: string, sample: string): Promise<void> {
    const target = await this.open(caller, { cluster, namespace, sample }, 'delete');
    await this.kubernetes.delete(target, policyRef(namespace, sample));
  }

  private async open(
    caller: Principal,
    { cluster, namespace, sample }: { cluster: string; namespace: string; sample: string },
    action: string,
  ): Promise<Target> {
    this.requireFeature();
    const { connection } = await this.namespaces.find(caller, cluster, namespace, action, FUNCTION);
    if (!POD_SECURITY_SAMPLES.some(({ name }) => name === sample)) throw notFound('podsecuritysamples', sample);
    const target: Target = { cluster: connection, identity: PLATFORM };
    if ((await this.kubernetes.find(target, KYVERNO)) === undefined)
      throw conflict(`the cluster "${cluster}" has no Kyverno, which would enforce the policy: install it there first`, {
        kind: 'podsecuritysamples',
        name: sample,
      });
    return target;
  }

  private requireFeature(): void {
    if (!this.config.namespaceResourceManage)
      throw notFound('features', 'namespace-resource-manage').with({
        causes: [{ reason: 'FeatureOff', message: 'it is switched on with ARCHON_NAMESPACE_RESOURCE_MANAGE=true' }],
      });
  }
}
