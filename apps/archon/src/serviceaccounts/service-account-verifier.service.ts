import { hash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { ApiError, unavailable } from '#errors';
import { type ClusterConnection, Identity, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';
import type { CredentialVerifier, UnverifiedClaims } from '../auth/credential-verifier.js';
import { Principal } from '../auth/principal.js';
import { clusterOfAudience, serviceAccountAudience } from '../clusters/service-account-audience.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { reviewedUid, serviceAccountClaims } from './token-review.js';

const MAX_LENGTH = 8 * 1024;
const TIMEOUT_MS = 5000;
/** What was refused is refused again for so long, so that a stranger's token does not become a stream of questions to a cluster. */
const REFUSED_MS = 2000;

/**
 * Tokens of ServiceAccounts of a registered cluster, where an administrator allows it: the cluster itself is asked (TokenReview). They are
 * made for this registration alone, and who comes with one reaches that cluster and nothing else, as itself.
 */
@Injectable()
export class ServiceAccountVerifier implements CredentialVerifier {
  private readonly refused = new LRUCache<string, true>({ max: 10_000, ttl: REFUSED_MS });
  private readonly asking = new Map<string, Promise<Principal | undefined>>();

  constructor(
    private readonly clusters: ClustersService,
    private readonly kubernetes: KubernetesGateway,
  ) {}

  handles({ aud }: UnverifiedClaims): boolean {
    return clusterOfAudience(aud) !== undefined;
  }

  /** All that come at once with the same token share one question. */
  async verify(token: string): Promise<Principal | undefined> {
    if (token.length > MAX_LENGTH) return undefined;
    const key = hash('sha256', token, 'base64');
    if (this.refused.has(key)) return undefined;
    const known = this.asking.get(key);
    if (known !== undefined) return known;
    const asking = this.ask(token).finally(() => this.asking.delete(key));
    this.asking.set(key, asking);
    const principal = await asking;
    if (principal === undefined) this.refused.set(key, true);
    return principal;
  }

  private async ask(token: string): Promise<Principal | undefined> {
    const unverified = decodeJwt(token);
    const claims = serviceAccountClaims(unverified, new Date());
    const clusterId = clusterOfAudience(unverified.aud);
    const cluster = claims && clusterId ? await this.clusters.findConnectionForServiceAccounts(clusterId) : undefined;
    if (claims === undefined || cluster === undefined) return undefined;
    const { subject, expiresAt } = claims;
    const audience = serviceAccountAudience(cluster.id);
    const uid = reviewedUid(await this.review(cluster, token, audience), { subject, audience });
    if (uid === undefined) return undefined;
    const provenBy = { kind: 'serviceaccount', id: `${cluster.id}#${uid}`, expiresAt } as const;
    return new Principal(subject, [], provenBy, { clusters: [cluster.name] }, Identity.ofServiceAccount(subject, cluster.id));
  }

  /**
   * The status of a TokenReview. API servers remember for ten seconds that a token held, by token and audiences: a second audience that
   * nobody else has makes each question a new one, so that a ServiceAccount or Pod that was deleted is seen at once.
   */
  private async review(cluster: ClusterConnection, token: string, audience: string): Promise<unknown> {
    try {
      const { status } = await this.kubernetes.create(
        { cluster, identity: OWN_CREDENTIAL },
        { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' },
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token, audiences: [audience, `${audience}/${randomUUID()}`] },
        },
        { signal: AbortSignal.timeout(TIMEOUT_MS) },
      );
      return status;
    } catch (error) {
      if (error instanceof ApiError && error.code === 503) throw error;
      throw unavailable(cluster.name, 'it cannot be asked about the token of its ServiceAccount at present', error);
    }
  }
}
