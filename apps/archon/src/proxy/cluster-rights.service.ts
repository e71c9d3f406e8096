import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ApiError, unavailable } from '#errors';
import { type ClusterConnection, type Identity, KubernetesGateway } from '#kubernetes';
import type { RightsQuestion } from './impersonation.js';

export interface RightsAnswer {
  allowed: boolean;
  /** By what, as the cluster tells it: as a rule a binding and its role. */
  reason: string;
}

/** How long an answer is not asked for again; live sessions are re-checked some seconds later, so that both stay below ten. */
const FRESH_MS = 3000;
const MAX_ANSWERS = 20_000;
const REVIEWS = { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' };

/**
 * What a cluster's own RBAC lets somebody do. Asked by SelfSubjectAccessReview in that person's name: it needs no right of Archon's besides
 * the impersonation that it has anyway.
 */
@Injectable()
export class ClusterRights {
  private readonly answers = new LRUCache<string, Promise<RightsAnswer>>({ max: MAX_ANSWERS, ttl: FRESH_MS });

  constructor(private readonly kubernetes: KubernetesGateway) {}

  /** Throws 503 or 504 when the cluster can't be asked. */
  async allows(target: { cluster: ClusterConnection; identity: Identity }, question: RightsQuestion): Promise<boolean> {
    return (await this.review(target, question)).allowed;
  }

  /** The same with the cluster's reason. */
  review(target: { cluster: ClusterConnection; identity: Identity }, question: RightsQuestion): Promise<RightsAnswer> {
    const { cluster, identity } = target;
    const key = keyOf([cluster.id, cluster.generation, identity.user, identity.groups, identity.details, question]);
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const asked = this.ask(target, question);
    this.answers.set(key, asked);
    asked.catch(() => this.answers.peek(key) === asked && this.answers.delete(key));
    return asked;
  }

  private async ask(target: { cluster: ClusterConnection; identity: Identity }, question: RightsQuestion): Promise<RightsAnswer> {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: question } };
    try {
      const { status } = await this.kubernetes.create(target, REVIEWS, review);
      const { allowed, reason = '' } = (status ?? {}) as { allowed?: unknown; reason?: string };
      return { allowed: allowed === true, reason };
    } catch (error) {
      // What it says of the question is not said of the caller's own request.
      if (error instanceof ApiError && (error.code >= 500 || error.code === 429)) throw error;
      throw unavailable(target.cluster.name, `it does not tell what "${target.identity.user}" may do there`, error);
    }
  }
}

const keyOf = (parts: unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64');
