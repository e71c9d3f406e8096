import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import { PLATFORM } from '../../auth/platform-identity.js';
import { QuotaTypes } from '../../namespaces/quota-types.service.js';
import type { FormFacts, FormQuestions } from './form-facts.js';
import { namespaceLimits } from './namespace-limits.js';

const RATIOS = { group: 'resource.alauda.io', version: 'v1', resource: 'namespaceresourceratios' };

/** Looks up what a form has to be held against, all at once. */
@Injectable()
export class FormFactsService {
  constructor(
    private readonly kubernetes: KubernetesGateway,
    private readonly quotaTypes: QuotaTypes,
  ) {}

  /** As the caller: throws 403 for what the caller may not read. */
  async gather(target: Target, namespace: string, questions: FormQuestions): Promise<FormFacts> {
    const cluster = target.cluster.name;
    const [limitRanges, ratios, claims, secrets, extendedResources] = await Promise.all([
      this.kubernetes.list(target, { group: '', version: 'v1', resource: 'limitranges', namespace }),
      this.ratios(target, namespace),
      this.find(target, namespace, 'persistentvolumeclaims', questions.claims),
      this.find(target, namespace, 'secrets', questions.secrets),
      questions.extendedResources ? this.quotaTypes.list(cluster) : [],
    ]);
    return {
      cluster,
      limits: namespaceLimits(namespace, limitRanges.items, ratios),
      claims: new Map(claims.map(([name, claim]) => [name, (claim?.status as { phase?: string } | undefined)?.phase])),
      secretTypes: new Map(secrets.map(([name, secret]) => [name, secret?.type as string | undefined])),
      extendedResources,
    };
  }

  /**
   * As the platform: developers may not read ratios, and yet their requests follow from them. Who may not read the LimitRanges of the
   * namespace learns none.
   */
  private async ratios({ cluster }: Target, namespace: string): Promise<KubernetesObject[]> {
    try {
      return (await this.kubernetes.list({ cluster, identity: PLATFORM }, { ...RATIOS, namespace })).items;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return []; // the cluster does not know the kind
      throw error;
    }
  }

  private find(
    target: Target,
    namespace: string,
    resource: string,
    names: readonly string[],
  ): Promise<[string, KubernetesObject | undefined][]> {
    return Promise.all(
      names.map(async (name) => [name, await this.kubernetes.find(target, { group: '', version: 'v1', resource, namespace, name })]),
    );
  }
}
