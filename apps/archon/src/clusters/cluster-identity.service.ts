import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ApiError, unavailable } from '#errors';
import { type ClusterConnection, Connections, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';
import type { Logger } from '#log';
import { LOGGER } from '../logger.module.js';

interface Confirmation {
  /** Of the cluster's credential. */
  generation: number;
  /** Of the monotonic clock. */
  at: number;
  /** Whether another cluster answered. */
  isChanged: boolean;
}

/** A cluster in use is asked again who it is after this time, behind the requests. */
const PERIOD_MS = 120_000;
/** While another cluster answers, it is asked again at most so often. */
const CHANGED_PERIOD_MS = 5000;
const TIMEOUT_MS = 3000;
export const IDENTITY_CHANGED =
  'IdentityChanged: another cluster answers there now (its kube-system namespace has another UID); nothing is sent to it';

/**
 * Makes sure that a cluster is the one that was registered, by the UID of its namespace `kube-system`: before the first use of a credential,
 * after a connection was lost, and from time to time. Nothing is forwarded to another one.
 */
@Injectable()
export class ClusterIdentity {
  /** By the cluster's id. */
  private readonly confirmations = new LRUCache<string, Confirmation>({ max: 10_000 });
  private readonly asking = new Map<string, Promise<void>>();

  constructor(
    private readonly kubernetes: KubernetesGateway,
    private readonly connections: Connections,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Undefined when the cluster is known to be the right one; else a promise that rejects with 503 when it isn't, or can't be asked. */
  confirm(cluster: ClusterConnection, systemUid: string): Promise<void> | undefined {
    const known = this.find(cluster);
    const now = performance.now();
    const isValid = known !== undefined && this.isValid(cluster, known);
    if (isValid && now - known.at < PERIOD_MS) return undefined;
    if (known?.isChanged === true && now - known.at < CHANGED_PERIOD_MS) return Promise.reject(changed(cluster.name));
    const asking = this.ask(cluster, systemUid);
    if (!isValid) return asking;
    asking.catch(() => undefined); // behind the request: the next one is told
    return undefined;
  }

  /** Whether it is known to be the right one and need not be asked again yet. */
  isConfirmed(cluster: ClusterConnection): boolean {
    const known = this.find(cluster);
    return known !== undefined && this.isValid(cluster, known) && performance.now() - known.at < PERIOD_MS;
  }

  hasChanged(cluster: ClusterConnection): boolean {
    return this.find(cluster)?.isChanged === true;
  }

  private find({ id, generation }: ClusterConnection): Confirmation | undefined {
    const found = this.confirmations.get(id);
    return found?.generation === generation ? found : undefined;
  }

  private isValid(cluster: ClusterConnection, known: Confirmation): boolean {
    return !known.isChanged && this.connections.of(cluster).lostAt < known.at;
  }

  private ask(cluster: ClusterConnection, systemUid: string): Promise<void> {
    const key = `${cluster.id}/${cluster.generation}`;
    const known = this.asking.get(key);
    if (known !== undefined) return known;
    const asking = this.compare(cluster, systemUid).finally(() => this.asking.delete(key));
    this.asking.set(key, asking);
    return asking;
  }

  private async compare(cluster: ClusterConnection, systemUid: string): Promise<void> {
    this.connections.of(cluster);
    const at = performance.now(); // a connection that is lost or opened anew from here on counts as lost afterwards
    const found = await this.systemUid(cluster);
    const isChanged = found !== undefined && found !== systemUid;
    this.confirmations.set(cluster.id, { generation: cluster.generation, at, isChanged });
    if (!isChanged) return;
    this.logger.error(
      { cluster: cluster.name, expected: systemUid, found },
      'another cluster answers under the endpoint of a registered one',
    );
    await this.connections.forget(cluster.id);
    throw changed(cluster.name);
  }

  /** Undefined when the credential may not read it any more: it then leads to nothing else either. */
  private async systemUid(cluster: ClusterConnection): Promise<string | undefined> {
    try {
      const options = { signal: AbortSignal.timeout(TIMEOUT_MS) };
      const path = '/api/v1/namespaces/kube-system';
      const namespace = (await this.kubernetes.getPath({ cluster, identity: OWN_CREDENTIAL }, path, options)) as {
        metadata?: { uid?: string };
      };
      return namespace.metadata?.uid ?? '';
    } catch (error) {
      if (error instanceof ApiError && (error.code === 401 || error.code === 403)) return undefined;
      throw error;
    }
  }
}

const changed = (name: string): ApiError => unavailable(name, IDENTITY_CHANGED);
