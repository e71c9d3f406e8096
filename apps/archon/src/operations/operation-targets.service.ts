import { Injectable } from '@nestjs/common';
import { notFound } from '#errors';
import { type ClusterConnection, Identity, type Target } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { ClustersService } from '../clusters/clusters.service.js';
import type { OperationEntity } from './operation.entity.js';
import type { OperationPlan } from './operation-plan.js';
import type { OperationStepEntity } from './operation-step.entity.js';

/** Where each step of one operation goes, and for whom. */
export interface StepTargets {
  /** Undefined when the cluster is no longer registered; throws 503 when it can't be used. */
  find(step: OperationStepEntity): Promise<Target | undefined>;
  /** Throws 404 when the cluster is no longer registered. */
  require(step: OperationStepEntity): Promise<Target>;
}

@Injectable()
export class OperationTargets {
  constructor(private readonly clusters: ClustersService) {}

  /** Of an operation that has just been planned: the way to its cluster may be known. */
  ofPlan(operation: OperationEntity, { cluster }: OperationPlan): StepTargets {
    if (!('endpoint' in cluster)) return this.ofOperation(operation);
    return this.targets(operation, (id) => (id === cluster.id ? Promise.resolve(cluster) : this.clusters.findConnectionById(id)));
  }

  /** Of an operation that somebody else has begun, as the caller that it was begun for. */
  ofOperation(operation: OperationEntity): StepTargets {
    const found = new Map<string, Promise<ClusterConnection | undefined>>();
    return this.targets(operation, (id) => {
      let connection = found.get(id);
      if (connection === undefined) found.set(id, (connection = this.clusters.findConnectionById(id)));
      return connection;
    });
  }

  private targets(operation: OperationEntity, connection: (id: string) => Promise<ClusterConnection | undefined>): StepTargets {
    const find = async (step: OperationStepEntity): Promise<Target | undefined> => {
      const cluster = await connection(step.clusterId ?? operation.clusterId);
      if (cluster === undefined) return undefined;
      const isOwn = operation.actsAs === 'archon';
      return { cluster, identity: isOwn ? PLATFORM : Identity.ofRow(operation.userName, operation.groups, cluster.id) };
    };
    const require = async (step: OperationStepEntity): Promise<Target> => {
      const target = await find(step);
      if (target === undefined) throw notFound('clusters', step.clusterName ?? operation.clusterName);
      return target;
    };
    return { find, require };
  }
}
