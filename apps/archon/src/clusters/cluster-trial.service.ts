import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ApiError, forbidden, invalid } from '#errors';
import { type ClusterConnection, Connections, isAddressFailure, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';
import type { ClusterAccess } from './cluster-access.js';
import { type ClusterCheck, checksOf } from './cluster-check.js';
import { ClusterPreparation } from './cluster-preparation.service.js';
import { type Expiration, expirationsOf } from './credential-expiry.js';

/** What a cluster said when it was tried. */
export interface ClusterTrialResult {
  /** UID of its namespace `kube-system`. */
  systemUid: string;
  missingPermissions: string[];
  checks: ClusterCheck[];
  expirations: Expiration[];
}

interface TrialOptions {
  /** Throws when it is the wrong cluster. */
  accept: (systemUid: string) => Promise<void> | void;
  /** Installs nothing. */
  dryRun: boolean;
}

/** A refused address is answered after this time, so that the time tells nothing of what is there, or whether a name exists. */
const REFUSAL_MS = 500;

/** Tries how a cluster is to be reached before it is stored. */
@Injectable()
export class ClusterTrial {
  constructor(
    private readonly kubernetes: KubernetesGateway,
    private readonly connections: Connections,
    private readonly preparation: ClusterPreparation,
  ) {}

  /**
   * Asks the cluster who it is, installs what is needed, and finds out what the credential may do.
   * Connections of its own: what was opened for one credential must not serve another one, tried later.
   */
  async run(name: string, access: ClusterAccess, { accept, dryRun }: TrialOptions): Promise<ClusterTrialResult> {
    const connection = { ...access, id: randomUUID(), name, generation: 1 };
    const begin = performance.now();
    try {
      const systemUid = await this.systemUid(connection);
      await accept(systemUid);
      const [missingPermissions, rights, certificate, version] = await Promise.all([
        this.preparation.prepare(connection, dryRun),
        this.preparation.excessiveRights(connection),
        this.connections.serverCertificate(connection),
        this.version(connection),
      ]);
      return {
        systemUid,
        missingPermissions,
        checks: checksOf({ version, certificate, missingPermissions, rights }),
        expirations: expirationsOf(access, certificate.validTo),
      };
    } catch (error) {
      if (!isAddressFailure(error)) throw error;
      await sleep(REFUSAL_MS - (performance.now() - begin));
      throw refusedAddress();
    } finally {
      await this.connections.forget(connection.id);
    }
  }

  /** The same without any effect; a cluster that can't be reached, or refuses the credential, is a check that failed. */
  async dryRun(name: string, access: ClusterAccess, accept: TrialOptions['accept']): Promise<Omit<ClusterTrialResult, 'systemUid'>> {
    try {
      return await this.run(name, access, { accept, dryRun: true });
    } catch (error) {
      if (!(error instanceof ApiError) || ![403, 503, 504].includes(error.code)) throw error;
      const failed: ClusterCheck = { type: error.code === 403 ? 'Credential' : 'Reachable', status: 'Failed', message: error.message };
      return { missingPermissions: [], checks: [failed], expirations: expirationsOf(access, undefined) };
    }
  }

  private async version(cluster: ClusterConnection): Promise<string | undefined> {
    const { gitVersion } = (await this.kubernetes.getPath({ cluster, identity: OWN_CREDENTIAL }, '/version')) as { gitVersion?: unknown };
    return typeof gitVersion === 'string' ? gitVersion : undefined;
  }

  private async systemUid(cluster: ClusterConnection): Promise<string> {
    try {
      const namespace = await this.kubernetes.get(
        { cluster, identity: OWN_CREDENTIAL },
        { group: '', version: 'v1', resource: 'namespaces', name: 'kube-system' },
      );
      return namespace.metadata.uid ?? '';
    } catch (error) {
      if (error instanceof ApiError && (error.code === 401 || error.code === 403))
        throw forbidden(
          `cluster "${cluster.name}" refuses the credential: it must at least be allowed to get the namespace kube-system (${error.message})`,
          { cluster: cluster.name },
        );
      throw error;
    }
  }
}

const refusedAddress = () =>
  invalid('the cluster', [
    {
      field: 'spec.endpoint',
      message:
        'leads to no address that clusters may have: an administrator of this machine can allow its network (ARCHON_CLUSTER_ALLOWED_NETWORKS)',
    },
  ]);
